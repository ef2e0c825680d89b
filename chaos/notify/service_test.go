package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/work"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something on a busy machine.
const patience = time.Minute

// post is a request that a webhook has got.
type post struct{ key, authorization, text string }

// hook is a webhook that answers as the test says.
type hook struct {
	*httptest.Server
	posts chan post
}

// newHook answers with the codes, one after the other, and then with the last one.
func newHook(t *testing.T, codes ...int) *hook {
	t.Helper()
	h := &hook{posts: make(chan post, 100)}
	var mu sync.Mutex
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var body struct{ Text string }
		_ = json.Unmarshal(raw, &body) // what is no JSON has no text, which the test sees
		h.posts <- post{r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization"), body.Text}
		mu.Lock()
		code := codes[0]
		codes = codes[min(1, len(codes)-1):]
		mu.Unlock()
		w.WriteHeader(code)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) next(t *testing.T) post {
	t.Helper()
	select {
	case p := <-h.posts:
		return p
	case <-time.After(patience):
		t.Fatal("nothing was posted")
		return post{}
	}
}

// rig is the service on a real bus.
type rig struct {
	t        *testing.T
	bus      *natsbus.Bus
	log      *log
	registry *prometheus.Registry
}

// log is what the service has logged.
type log struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

func newRig(t *testing.T) *rig {
	return &rig{t: t, bus: natsbustest.Open(t), log: &log{}, registry: prometheus.NewRegistry()}
}

// serve runs a server of the service until the test ends.
func (r *rig) serve(env map[string]string, document Document) {
	r.t.Helper()
	config := DefaultConfig()
	config.Pause, config.MaxPause = 10*time.Millisecond, 50*time.Millisecond
	d := Deps{
		Bus: r.bus, Store: r.bus, Stamp: events.Stamp{Source: "notify", Now: time.Now}, Log: slog.New(slog.NewTextHandler(r.log, nil)),
		Owner: "server-1", Env: func(name string) string { return env[name] }, Documents: []Document{document}, Config: config, Registerer: r.registry,
	}
	s, err := New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	})
}

// finish publishes the end of a run.
func (r *rig) finish(id, verdict string, at time.Time) {
	r.t.Helper()
	e := events.RunFinished{RunSummary: events.RunSummary{Run: id, Experiment: "kill-one", Environment: "staging", Verdict: verdict, Reason: "because"}}
	if err := events.RunFinishedTopic.Publish(r.t.Context(), r.bus, events.Meta{ID: id, Source: "experiments", Time: at}, e); err != nil {
		r.t.Fatal(err)
	}
}

// ended waits until so many messages of the notifier team have come to the result.
func (r *rig) ended(result string, want int) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for r.count(result) != want {
		if time.Now().After(deadline) {
			r.t.Fatalf("%d messages %s, want %d\n%s", r.count(result), result, want, r.log)
		}
		events.Wait(r.t.Context(), 10*time.Millisecond)
	}
}

// count reads the counter of a result.
func (r *rig) count(result string) int {
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "shakedown_notify_messages_total" && m.GetLabel()[1].GetValue() == result {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// TestTells what is wanted, once, also when the event comes again and the webhook stumbles.
func TestTells(t *testing.T) {
	r, h := newRig(t), newHook(t, 503, 429, 200)
	r.serve(map[string]string{"URL": h.URL + "/canary", "TOKEN": "canary-token"}, document(func(s *Spec) { s.Token.Env = "TOKEN" }))
	r.finish("run-1", "failed", time.Now())
	r.finish("run-1", "failed", time.Now())
	first := h.next(t)
	if first.authorization != "Bearer canary-token" || first.text != "*kill-one: failed in staging*\nbecause" {
		t.Errorf("posted %+v", first)
	}
	for range 2 {
		if again := h.next(t); again != first {
			t.Errorf("posted %+v and then %+v", first, again)
		}
	}
	r.finish("run-2", "passed", time.Now())
	r.finish("run-3", "inconclusive", time.Now())
	if third := h.next(t); !strings.Contains(third.text, "inconclusive") || third.key == first.key {
		t.Errorf("posted %+v", third)
	}
	r.ended(resultSent, 2)
	if strings.Contains(r.log.String(), "canary") {
		t.Errorf("a secret was logged: %s", r.log)
	}
}

// TestTry: who tries twice sends two messages, which nobody takes for one.
func TestTry(t *testing.T) {
	h := newHook(t, 200)
	env := func(string) string { return h.URL }
	for _, at := range []time.Time{ten, ten.Add(time.Second)} {
		if err := Try(t.Context(), document(nil), env, Message{Title: "test", At: at}); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := h.next(t), h.next(t); first.key == second.key {
		t.Errorf("both have the key %s", first.key)
	}
}

// TestGivesUp what is refused, and what is too late.
func TestGivesUp(t *testing.T) {
	r, other := newRig(t), newHook(t, 200)
	h := &hook{Server: httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))}
	t.Cleanup(h.Close)
	r.serve(map[string]string{"URL": h.URL}, document(nil))
	r.finish("run-1", "failed", time.Now())
	r.ended(resultRefused, 1)
	if len(other.posts) > 0 {
		t.Error("the redirect was followed")
	}
}

// TestTooLate: nobody is told today of what happened yesterday.
func TestTooLate(t *testing.T) {
	r, h := newRig(t), newHook(t, 200)
	r.serve(map[string]string{"URL": h.URL}, document(nil))
	r.finish("run-1", "failed", time.Now().Add(-25*time.Hour))
	r.ended(resultLate, 1)
	if len(h.posts) > 0 {
		t.Error("it was sent all the same")
	}
}

// TestUnreachable: an address is a secret, also in errors of the network.
func TestUnreachable(t *testing.T) {
	r, h := newRig(t), newHook(t, 200)
	address := h.URL + "/canary"
	h.Close()
	r.serve(map[string]string{"URL": address}, document(nil))
	r.finish("run-1", "failed", time.Now())
	deadline := time.Now().Add(patience)
	for !strings.Contains(r.log.String(), "message not sent; it is tried again") {
		if time.Now().After(deadline) {
			t.Fatalf("no failure was logged: %s", r.log)
		}
		events.Wait(t.Context(), 10*time.Millisecond)
	}
	if strings.Contains(r.log.String(), "canary") {
		t.Errorf("the address was logged: %s", r.log)
	}
}

// TestOnlyWhoHasIt sends: a server without the notifier leaves the row to one that has it,
// until it is too late for anybody.
func TestOnlyWhoHasIt(t *testing.T) {
	s := &Service{deps: Deps{Config: DefaultConfig()}, targets: map[string]target{"team": {}}}
	row := func(id, notifier string, age time.Duration) work.Row[delivery] {
		return work.Row[delivery]{ID: id, Asked: events.Meta{Time: ten.Add(-age)}, Body: delivery{Notifier: notifier}}
	}
	ids, again := s.turns([]work.Row[delivery]{row("a", "team", 0), row("b", "other", 20*time.Minute), row("c", "other", time.Hour), row("d", "other", 0)}, ten)
	if strings.Join(ids, " ") != "a c" || !again.Equal(ten.Add(40*time.Minute)) {
		t.Errorf("takes %v, looks again at %s", ids, again)
	}
}
