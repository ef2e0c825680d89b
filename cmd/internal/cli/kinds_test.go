package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// TestKindsOfTheServer: commands that deal with kinds of faults ask the server that runs,
// which may be of another version; without one they use those of this program.
func TestKindsOfTheServer(t *testing.T) {
	data := t.TempDir()
	commands := map[string][]string{
		"chaos faults": {"chaos", "faults"}, "schema": {"schema", "Experiment"},
		"experiment validate": {"experiment", "validate", "../../../examples/shop/experiments/kill-one-api.yaml"},
	}
	for name, command := range commands {
		if code, out := shown(t, data, command); code != 0 || strings.Contains(out, "node-melt") {
			t.Errorf("%s without a server: exit code %d, said %s", name, code, out)
		}
	}
	withStore(t, data, func(access natsbus.Access) {
		defer answerKinds(t, access)()
		for name, want := range map[string]int{"chaos faults": 0, "schema": 0, "experiment validate": kit.ExitUsage} {
			if code, out := shown(t, data, commands[name]); code != want || !strings.Contains(out, "node-melt") {
				t.Errorf("%s with a server: exit code %d, said %s", name, code, out)
			}
		}
	})
}

// TestNodeExamples are valid, with parameters that their kinds know.
func TestNodeExamples(t *testing.T) {
	if code, out := shown(t, t.TempDir(), []string{"experiment", "validate", "../../../examples/nodes", "../../../examples/notify"}); code != 0 {
		t.Errorf("exit code %d, said %s", code, out)
	}
}

// answerKinds answers as a server that has one kind of fault, until stop is called.
func answerKinds(t *testing.T, access natsbus.Access) (stop func()) {
	t.Helper()
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stamp := events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return "id" }}
	served, err := events.FaultKindsCall.Answer(ctx, bus, stamp, func(context.Context, events.Nothing) (events.FaultKinds, error) {
		return events.FaultKinds{Kinds: []events.FaultKind{{Name: "node-melt", Summary: "melts a node", Params: []byte(`{}`)}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		cancel()
		served.Wait()
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	}
}

// shown is the exit code of a command and all that it prints.
func shown(t *testing.T, data string, command []string) (code int, out string) {
	t.Helper()
	var all bytes.Buffer
	world := System()
	world.In, world.Out, world.Err = strings.NewReader(""), &all, &all
	world.ErrTTY, world.OutTTY, world.InTTY = false, false, false
	home := t.TempDir()
	world.Env = func(name string) string { return map[string]string{"HOME": home}[name] }
	code = Main(t.Context(), append(command, "--data-dir", data), world)
	return code, all.String()
}
