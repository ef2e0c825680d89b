package kit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// TestTokenInArguments: a token on the command line is warned of, once and without it;
// one from the variable is not.
func TestTokenInArguments(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		env  string
		want int
	}{
		"argument": {[]string{"--nats", "nats://n", "--nats-token", "canary"}, "", 1},
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
			if n := strings.Count(said.String(), "--nats-token"); n != tc.want || strings.Contains(said.String(), "canary") {
				t.Errorf("said %q", said.String())
			}
			if len(tc.args)+len(tc.env) > 0 && access.Token != "canary" {
				t.Errorf("the token is %q", access.Token)
			}
		})
	}
}
