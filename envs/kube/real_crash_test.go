//go:build real

package kube_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// childDir makes the test binary a server with that data directory.
const childDir = "SHAKEDOWN_TEST_CHILD_DIR"

// TestChild is the server that TestKill kills; alone it does nothing.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	ctx := context.Background()
	server, err := natsbus.StartEmbedded(ctx, natsbus.Embedded{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: server.Access(), AckWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := envs.New(envs.Deps{
		Bus: bus, Caller: bus, Store: bus, Stamp: newStamp("envs"), Log: slog.New(slog.DiscardHandler),
		Owner: "child", Installation: installation, Cluster: cluster, Config: testConfig(),
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-s.Ready()
		_, _ = fmt.Fprintln(os.Stdout, "ready")
	}()
	t.Fatal(s.Run(ctx))
}

// startChild runs the server in a process of its own.
func startChild(t *testing.T, dir string) (pid int, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(kill)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return cmd.Process.Pid, kill
		}
		t.Log("child:", lines.Text())
	}
	t.Fatal("the child ended")
	return 0, nil
}

func connect(t *testing.T, dir string) *natsbus.Bus {
	t.Helper()
	access, err := natsbus.ReadAccess(dir)
	if err != nil {
		t.Fatal(err)
	}
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	return bus
}

// TestKill kills the server with -9 at every step of a create, and in a destroy.
// The next one ends the work: one outcome, every object made once.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"namespace", "apply", "wait", "delete"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := newSuite(t)
			dir := t.TempDir()
			_, kill := startChild(t, dir)
			bus := connect(t, dir)
			var m events.Meta
			if step == "delete" {
				m = ask(t, bus, s.shop())
				want(t, events.EnvironmentReadyTopic, outcome(t, bus, m))
				m = newStamp("test").First(s.name)
				if err := events.EnvironmentDestroyTopic.Publish(t.Context(), bus, m, events.EnvironmentDestroy{Name: s.name}); err != nil {
					t.Fatal(err)
				}
			} else {
				m = ask(t, bus, s.shop())
			}
			untilStep(t, bus, m, step)
			kill()
			if err := bus.Close(); err != nil {
				t.Log(err)
			}
			startChild(t, dir)
			bus = connect(t, dir)
			defer func() {
				if err := bus.Close(); err != nil {
					t.Error(err)
				}
			}()
			begun := time.Now()
			e := outcome(t, bus, m)
			t.Logf("%s %s after the restart", e.Type, time.Since(begun).Round(time.Millisecond))
			if step == "delete" {
				want(t, events.EnvironmentDestroyedTopic, e)
				return
			}
			want(t, events.EnvironmentReadyTopic, e)
			for name, version := range s.versions() {
				if len(name) > 11 && name[:11] == "deployment/" && version[len(version)-2:] != " 1" {
					t.Errorf("%s has been changed after it was made: %s", name, version)
				}
			}
		})
	}
}

func ask(t *testing.T, bus events.Bus, d envs.Document) events.Meta {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	m := newStamp("test").First(d.Metadata.Name)
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), bus, m, events.EnvironmentCreate{Name: d.Metadata.Name, Spec: raw}); err != nil {
		t.Fatal(err)
	}
	return m
}

// untilStep waits until the request has come to the step.
func untilStep(t *testing.T, bus events.Bus, cause events.Meta, step string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := bus.Watch(ctx, events.Filter{Since: cause.Time.Add(-time.Minute), Types: []string{events.EnvironmentProgressedTopic.Type()}},
		func(e events.Envelope) bool {
			_, p, err := events.EnvironmentProgressedTopic.Parse(e)
			return err != nil || e.CausationID != cause.ID || p.Step != step
		})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("step %s was not seen: %v", step, err)
	}
}
