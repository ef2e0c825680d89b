package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestFillFollowsTheOrder(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		env  string
		file map[string]string
		want string
	}{
		{"default", nil, "", nil, "d"},
		{"file over default", nil, "", map[string]string{"nats-url": "f"}, "f"},
		{"environment over file", nil, "e", map[string]string{"nats-url": "f"}, "e"},
		{"flag over environment", []string{"--nats-url=x"}, "e", map[string]string{"nats-url": "f"}, "x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
			got := flags.String("nats-url", "d", "")
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			env := func(name string) string { return map[string]string{"SHAKEDOWN_NATS_URL": tc.env}[name] }
			if err := Fill(flags, env, tc.file); err != nil {
				t.Fatal(err)
			}
			if *got != tc.want {
				t.Errorf("got %q, want %q", *got, tc.want)
			}
		})
	}
}

func TestFillTellsWhereABadValueCameFrom(t *testing.T) {
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.Int("rate", 1, "")
	flags.Bool("wait", true, "")
	env := func(name string) string { return map[string]string{"SHAKEDOWN_RATE": "fast"}[name] }
	err := Fill(flags, env, map[string]string{"wait": "maybe"})
	if err == nil || !strings.Contains(err.Error(), "SHAKEDOWN_RATE for --rate") ||
		!strings.Contains(err.Error(), "the configuration file for --wait") {
		t.Errorf("got %v", err)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if values, err := Load(path, false); err != nil || len(values) != 0 {
		t.Errorf("absent: %v, %v", values, err)
	}
	if _, err := Load(path, true); err == nil {
		t.Error("absent but asked for: no error")
	}
	if err := os.WriteFile(path, []byte("nats-url: nats://x\nwait: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if values, err := Load(path, true); err != nil || values["nats-url"] != "nats://x" || values["wait"] != "5" {
		t.Errorf("got %v, %v", values, err)
	}
	if err := os.WriteFile(path, []byte("- a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, true); err == nil {
		t.Error("a list is no configuration: no error")
	}
}
