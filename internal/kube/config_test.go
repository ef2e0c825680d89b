package kube

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
)

const kubeconfig = `{apiVersion: v1, kind: Config, current-context: a,
clusters: [{name: a, cluster: {server: "https://a:6443"}}, {name: b, cluster: {server: "https://b:6443"}}],
contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]}`

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("KUBECONFIG", filepath.Join(dir, "usual"))
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, broken := write("good", kubeconfig), write("broken", "clusters: 5")
	for name, test := range map[string]struct {
		file, context, host string
		kind                events.Kind
	}{
		"current context": {file: good, host: "https://a:6443"},
		"named context":   {file: good, context: "b", host: "https://b:6443"},
		"unknown context": {file: good, context: "c", kind: events.KindInvalid},
		"no such file":    {file: filepath.Join(dir, "none"), kind: events.KindNotFound},
		"several files":   {file: filepath.Join(dir, "none") + string(os.PathListSeparator) + good, host: "https://a:6443"},
		"none of several": {file: filepath.Join(dir, "x") + string(os.PathListSeparator) + filepath.Join(dir, "y"), kind: events.KindNotFound},
		"no kubeconfig":   {file: broken, kind: events.KindInvalid},
		"nothing there":   {kind: events.KindNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Config(test.file, test.context)
			if test.kind == "" {
				if err != nil || config.Host != test.host {
					t.Errorf("got %v, %v, want %s", config, err, test.host)
				}
				return
			}
			e, ok := errors.AsType[*events.Error](err)
			if !ok || e.Kind != test.kind || e.Advice != Hint {
				t.Errorf("error %v (%#v), want one of kind %s with a hint", err, e, test.kind)
			}
		})
	}
	write("usual", kubeconfig)
	if config, err := Config("", ""); err != nil || config.Host != "https://a:6443" {
		t.Errorf("the usual place: got %v, %v", config, err)
	}
}

func TestForClientLeavesItsArgument(t *testing.T) {
	t.Parallel()
	given := &rest.Config{Host: "https://a", QPS: 5, Burst: 10}
	own := ForClient(given)
	if given.QPS != 5 || given.UserAgent != "" || own.QPS >= 0 || own.UserAgent != events.Manager || own.Host != given.Host {
		t.Errorf("given %v, own %v", given, own)
	}
}
