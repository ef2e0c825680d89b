package datamove

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// forgeries are documents that read or send what the file of the server does not.
func forgeries(file string) map[string]func(*Document) {
	store := func(change func(*Store)) func(*Document) {
		return func(d *Document) { change(&d.Spec.Stores[0]) }
	}
	return map[string]func(*Document){
		"a variable":      store(func(s *Store) { s.From.Credentials = Credentials{Env: "KEY"} }),
		"a file":          store(func(s *Store) { s.From.Credentials = Credentials{File: file} }),
		"a Secret":        store(func(s *Store) { s.To.Credentials = Credentials{Secret: &SecretRef{"kube-system", "token", "token"}} }),
		"a CA":            store(func(s *Store) { s.From.CA = file }),
		"a masking key":   func(d *Document) { d.Spec.Masking.Key = Credentials{File: file} },
		"another server":  store(func(s *Store) { s.From.URL = "mysql://root@evil:3306/shop" }),
		"another target":  store(func(s *Store) { s.To.URL = "mysql://root@db.pr:3306/other" }),
		"without masking": func(d *Document) { d.Spec.Masking.Rules = []Rule{{Column: "*", As: "keep"}} },
		"by another name": func(d *Document) { d.Metadata.Name = "shop" },
		"an environment":  func(d *Document) { d.Spec.Environment = "pr-2" },
	}
}

// TestForgedRequest: an event cannot make the server read a credential, or send one to a
// server, that none of its own files names.
func TestForgedRequest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	adapter := &fakeAdapter{}
	r := newRig(t, adapter)
	var reads atomic.Int64
	r.copier = newCopier(t, adapter, func(d *CopierDeps) {
		d.Secrets = Secrets{
			Env:        func(string) string { reads.Add(1); return "canary" },
			Kubernetes: func(context.Context, SecretRef) (string, error) { reads.Add(1); return "canary", nil },
		}
	})
	r.start()
	for name, forge := range forgeries(file) {
		t.Run(name, func(t *testing.T) {
			d := document()
			d.Spec.Stores = append([]Store(nil), d.Spec.Stores...)
			forge(&d)
			got := r.ask(t, d)
			if got.Kind != events.KindRefused || !strings.Contains(got.Reason, "in no file of this server") || got.Advice == "" {
				t.Errorf("got %+v", got)
			}
		})
	}
	if n := reads.Load(); n > 0 || len(adapter.copies()) > 0 {
		t.Errorf("%d credentials were read, and there were %d copies", n, len(adapter.copies()))
	}
}

// ask publishes a request for a copy, and waits for its refusal.
func (r *rig) ask(t *testing.T, d Document) events.CopyRefused {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	m := r.stamp().First("test")
	if err := events.CopyStartTopic.Publish(t.Context(), r.bus, m, events.CopyStart{ID: m.ID, Provisioned: m.ID, Spec: raw}); err != nil {
		t.Fatal(err)
	}
	_, got, err := events.CopyRefusedTopic.Parse(r.ends(m)[0])
	if err != nil {
		t.Errorf("it was not refused: %v", err)
	}
	return got
}

// TestForgedEnvironment: the name of an environment is part of paths and names of
// credentials, so it must be one.
func TestForgedEnvironment(t *testing.T) {
	d := document()
	d.Spec.Stores[0].From.Credentials = Credentials{File: "/run/secrets/" + environmentWord}
	for _, name := range []string{"../../etc/shadow", "a/../b", ".."} {
		start, err := seedRequest([]Document{d}, events.Environment{Name: name, Seed: "shop-data"}, events.Meta{ID: "m"})
		if err == nil {
			_, err = checkStart(start)
		}
		if events.KindOf(err) != events.KindInvalid {
			t.Errorf("environment %q: %v", name, err)
		}
	}
}
