package kit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// TestTokenInArguments: a token or a password on the command line is warned of, once and
// without it; one from the variable is not.
func TestTokenInArguments(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		env  string
		want int
	}{
		"argument": {[]string{"--nats", "nats://n", "--nats-token", "canary"}, "", 1},
		"address":  {[]string{"--nats", "nats://me:canary@n"}, "", 1},
		"no login": {[]string{"--nats", "nats://n"}, "", 0},
		"variable": {nil, "canary", 0},
		"none":     {nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			d := &Deps{Output: "table", World: World{Err: &said, Env: func(variable string) string {
				return map[string]string{"SHAKEDOWN_NATS_TOKEN": tc.env, "HOME": t.TempDir()}[variable]
			}}}
			var access natsbus.Access
			cmd := &cobra.Command{Use: "x"}
			NATSFlags(cmd.Flags(), &access)
			if err := cmd.ParseFlags(tc.args); err != nil {
				t.Fatal(err)
			}
			if err := d.Settle(cmd); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(said.String(), "list of processes"); n != tc.want || strings.Contains(said.String(), "canary") {
				t.Errorf("said %q", said.String())
			}
			if tc.env != "" && access.Token != tc.env {
				t.Errorf("the token is %q", access.Token)
			}
		})
	}
}
