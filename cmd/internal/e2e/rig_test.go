//go:build real

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// patience bounds everything that a test waits for.
const patience = 2 * time.Minute

// server is a shakedown process of this test binary.
type server struct {
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	ended chan error
}

// start runs a server with the data directory; crashAt names the step at which
// it kills itself, "" for never.
func start(t *testing.T, dir, crashAt string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, ended: make(chan error, 1)}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "server.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), childDir+"="+dir, childCrashAt+"="+crashAt)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait(); _ = log.Close() }()
	t.Cleanup(func() { s.kill() })
	return s
}

// kill ends the server if it still runs, and waits for its end.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	s.ended <- <-s.ended
}

// connect waits until the server listens and connects to its bus.
func (s *server) connect() *natsbus.Bus {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		var address app.Address
		if address, err = app.ReadAddress(s.dir); err == nil && address.PID == s.cmd.Process.Pid {
			break
		}
		tick(ctx)
	}
	access, err := natsbus.ReadAccess(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "e2e"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = bus.Close() })
	return bus
}

// awaitReady waits until every service of the server takes work.
func (s *server) awaitReady() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for !ready(ctx, s.dir, s.cmd.Process.Pid) {
		if ctx.Err() != nil {
			s.t.Fatalf("the server is not ready within %s", patience)
		}
		tick(ctx)
	}
}

// tick waits a moment between two looks.
func tick(ctx context.Context) {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func stamp() events.Stamp { return events.Stamp{Source: "e2e", Now: time.Now, NewID: newID} }

// await returns the first event of the topic with the correlation, stored or to
// come; the test fails when a stop event of the given types comes first.
func await[T any](t *testing.T, bus *natsbus.Bus, topic events.Topic[T], correlation string, bad ...string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var payload T
	found := false
	err := bus.Watch(ctx, events.Filter{Correlation: correlation, Since: time.Now().Add(-time.Hour)}, func(e events.Envelope) bool {
		if slices.Contains(bad, e.Type) {
			t.Errorf("%s: %s", e.Type, e.Data)
			return false
		}
		if e.Type != topic.Type() {
			return true
		}
		found = true
		_, p, err := topic.Parse(e)
		if err != nil {
			t.Error(err)
		}
		payload = p
		return false
	})
	if err != nil || !found {
		t.Fatalf("no %s for %s within %s: %v", topic.Type(), correlation, patience, err)
	}
	return payload
}

// environment is a small part of the shop: api pods that are scraped.
func environment(name string) envs.Document {
	var d envs.Document
	raw := `{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"` + name + `"},"spec":{"chaos":{"allow":true},"components":{
		"api":{"image":"` + sandboxtest.ShopV1 + `","replicas":3,"args":["api"],"env":{"SHUTDOWN_DELAY":"0s"},"ports":[{"name":"http","port":8080}],
			"probes":{"readiness":{"httpGet":{"path":"/readyz","port":8080},"periodSeconds":1}},
			"annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"8080"}}}}}`
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		panic(err)
	}
	return d
}

// bareTemplate is the name of the environment that has no probes.
const bareTemplate = "bare"

// withoutProbes is the environment whose pods are Ready when they run, and gone soon:
// the namespace controller waits for half of their grace period before it looks again.
func withoutProbes(d envs.Document) envs.Document {
	for name, c := range d.Spec.Components {
		c.Probes, c.MinReadySeconds, c.TerminationGracePeriod = envs.Probes{}, new(0), new(events.Duration(2*time.Second))
		d.Spec.Components[name] = c
	}
	return d
}

// createEnvironment brings an environment up and waits for it.
func createEnvironment(t *testing.T, bus *natsbus.Bus, name string) {
	t.Helper()
	raw, err := json.Marshal(environment(name))
	if err != nil {
		t.Fatal(err)
	}
	meta := stamp().First(name + "-create")
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), bus, meta, events.EnvironmentCreate{Name: name, Spec: raw}); err != nil {
		t.Fatal(err)
	}
	await(t, bus, events.EnvironmentReadyTopic, meta.Correlation, events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type())
}
