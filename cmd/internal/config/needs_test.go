package config

import (
	"testing"

	"github.com/spf13/pflag"
)

// TestUselessFlags are those of the command line that do nothing without another one,
// wherever the value of that comes from.
func TestUselessFlags(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		args       []string
		env        map[string]string
	}{
		{"alone", "ca", []string{"--ca", "f"}, nil},
		{"with the one it needs", "", []string{"--ca", "f", "--url", "u", "--own"}, nil},
		{"that one from the environment", "", []string{"--ca", "f", "--url", "u"}, map[string]string{"SHAKEDOWN_OWN": "true"}},
		{"a switch that is off", "ca", []string{"--ca", "f", "--url", "u", "--own=false"}, nil},
		{"from the environment, for other commands", "", nil, map[string]string{"SHAKEDOWN_CA": "f"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
			flags.String("ca", "", "")
			flags.String("url", "", "")
			flags.Bool("own", false, "")
			Need(flags, "url", "ca", "absent")
			Need(flags, "own", "ca")
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			given := Given(flags)
			if err := Fill(flags, func(name string) string { return tc.env[name] }, nil); err != nil {
				t.Fatal(err)
			}
			if got, _ := Useless(flags, given); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
