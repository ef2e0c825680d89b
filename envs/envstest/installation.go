package envstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/webhook"
)

// The buckets of the requests that are open, and of those that are remembered.
const (
	queue = "envs_queue"
	ended = queue + "_ended"
)

// installation is a bus with the service of envs on it, and the hook that CI calls.
type installation struct {
	id    string
	stage *stage
	bus   *natsbus.Bus
	// again makes the groups of the bus forget what they have handled.
	again func(testing.TB)
	ear   *ear
	hook  http.Handler
	stop  func()
}

func newInstallation(t testing.TB, s *stage, id string) *installation {
	t.Helper()
	bus, js := natsbustest.OpenBeside(t)
	i := &installation{id: id, stage: s, bus: bus, ear: newEar(), stop: func() {}}
	i.again = func(t testing.TB) { t.Helper(); natsbustest.LoseConsumers(t, js) }
	i.hook = webhook.New(webhook.Config{Bus: bus, Projects: map[string][]string{"p": {secretOf("p")}, "q": {secretOf("q")}}, Now: s.now})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var listening sync.WaitGroup
	listening.Go(func() {
		if err := i.ear.listen(ctx, bus, time.Now().Add(-time.Hour)); err != nil {
			t.Errorf("hear how requests end: %v", err)
		}
	})
	t.Cleanup(func() { i.stop(); stop(); listening.Wait() })
	return i
}

func secretOf(project string) string { return "the secret of project " + project }

// service is one of this installation.
func (i *installation) service(t testing.TB) *envs.Service {
	t.Helper()
	cluster, err := i.stage.world.Client(i.stage.ambush)
	if err != nil {
		t.Fatal(err)
	}
	service, err := envs.New(envs.Deps{
		Bus: i.bus, Caller: i.bus, Store: i.bus, Stamp: i.stage.stamp(i.id), Log: slog.New(i.ear), Owner: "server",
		Installation: i.id, Cluster: cluster, Templates: templates(), Config: i.stage.config,
	})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// start runs the service until stop is called.
func (i *installation) start(t testing.TB) {
	t.Helper()
	service := i.service(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	i.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run the service of %s: %v", i.id, err)
		}
	})
	select {
	case <-service.Ready():
	case err := <-done:
		t.Fatalf("start the service of %s: %v", i.id, err)
	}
}

// forget deletes what is remembered of requests, as its age does.
func (i *installation) forget(t testing.TB) {
	t.Helper()
	kv, err := i.bus.KV(t.Context(), events.Bucket{Name: ended, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := kv.List(t.Context()); err != nil || len(all) == 0 {
		return // nothing was asked for yet
	}
	eventstest.Empty(t, i.bus, ended)
}

// drained waits until the service has ended all that it was asked for.
func (i *installation) drained(t testing.TB) {
	t.Helper()
	ctx, cancel := patient(t.Context())
	defer cancel()
	kv, err := i.bus.KV(ctx, events.Bucket{Name: queue, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		open, err := kv.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(open) == 0 {
			return
		}
		if !events.Wait(ctx, 20*time.Millisecond) {
			t.Fatalf("%d requests to %s have not ended", len(open), i.id)
		}
	}
}

// row is the open request for an environment, as it is stored.
func (i *installation) row(ctx context.Context, name string) string {
	ctx, cancel := patient(context.WithoutCancel(ctx))
	defer cancel()
	kv, err := i.bus.KV(ctx, events.Bucket{Name: queue, AsIs: true})
	if err != nil {
		return err.Error()
	}
	raw, revision, err := kv.Get(ctx, events.Key(name))
	return fmt.Sprintf("%s at revision %d, error %v", raw, revision, err)
}

// create publishes what a person asks for.
func (i *installation) create(ctx context.Context, d envs.Document) (id string, err error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	m := i.stage.stamp("person").First("test")
	return m.ID, untilStored(ctx, func() error {
		return events.EnvironmentCreateTopic.Publish(ctx, i.bus, m, events.EnvironmentCreate{Name: d.Metadata.Name, Spec: raw})
	})
}

func (i *installation) destroy(ctx context.Context, name string, withForeign bool) (id string, err error) {
	m := i.stage.stamp("person").First("test")
	return m.ID, untilStored(ctx, func() error {
		return events.EnvironmentDestroyTopic.Publish(ctx, i.bus, m, events.EnvironmentDestroy{Name: name, Reason: "asked", WithForeign: withForeign})
	})
}

// untilStored asks again until the bus has stored what is asked for: on a busy machine it
// may not answer in time.
func untilStored(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if err == nil || !events.Wait(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

// build posts what CI does. A hook knows the second of a build only, so that one passes
// before it: two in one second are in no order.
func (i *installation) build(ctx context.Context, b events.BuildSucceeded) (id string, err error) {
	body, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	i.stage.ahead.Add(int64(time.Second))
	header := webhook.Sign(secretOf(b.Project), i.stage.now(), body)
	err = untilStored(ctx, func() error {
		id, err = i.post(ctx, header, body)
		return err
	})
	return id, err
}

// post calls the hook, and returns the id of the event.
func (i *installation) post(ctx context.Context, header http.Header, body []byte) (id string, err error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, webhook.Path, bytes.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	i.hook.ServeHTTP(w, r)
	var answer struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusAccepted {
		return "", fmt.Errorf("the hook answers %d: %s", w.Code, w.Body)
	}
	return answer.ID, nil
}
