package env

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestWhatIsWantedBesideWhatRuns: nobody takes one for the other.
func TestWhatIsWantedBesideWhatRuns(t *testing.T) {
	t.Parallel()
	e := events.Environment{
		Name: "shop", Namespace: "shop", Phase: "failed", Problem: "CrashLoopBackOff: container api ends; its last log lines:\n  nope",
		Components: []events.EnvironmentComponent{
			{Name: "api", Image: "shop:v2", Replicas: 2, Outdated: []string{"shop:v1"}},
			{Name: "cart", Image: "shop:v2", Replicas: 1, Missing: true},
			{Name: "web", Image: "shop:v2", Replicas: 1, Ready: 1},
		},
	}
	var show, list bytes.Buffer
	showView(events.EnvironmentAnswer{Environment: e}).Draw(&show)
	listView([]events.Environment{e}, time.Time{}).Draw(&list)
	wantShow := `shop is failed in namespace shop
problem: CrashLoopBackOff: container api ends; its last log lines:
  nope
COMPONENT  READY  IMAGE
api        0/2    shop:v2 (still serving: shop:v1)
cart       0/1    shop:v2 (missing)
web        1/1    shop:v2
`
	if diff := cmp.Diff(wantShow, show.String()); diff != "" {
		t.Errorf("show (-want +got):\n%s", diff)
	}
	wantList := `NAME  PHASE   READY  TEMPLATE  REVISION  AGE  TTL
shop  failed  1/4    -         -         -    -
shop: CrashLoopBackOff: container api ends; its last log lines: nope
`
	if diff := cmp.Diff(wantList, list.String()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// TestInterruptionSaysWhatWasSeen: who stops to wait learns the last reason.
func TestInterruptionSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &kit.Session{Bus: natsbustest.Open(t)}
	publish := func(ctx context.Context) error {
		return events.EnvironmentProgressedTopic.Publish(ctx, s.Bus, events.Meta{ID: "a", Source: "test", Time: time.Now(), Correlation: "c"},
			events.EnvironmentProgressed{Name: "shop", Step: "wait", Message: "api 0/1; Unschedulable: 3 Insufficient cpu", Total: 1})
	}
	err := follow(ctx, s, "c", kit.Onward{What: "environment shop"}, publish, func(events.Envelope) (bool, error) {
		cancel()
		return false, nil
	})
	want := "interrupted; environment shop goes on; seen last: wait: api 0/1; Unschedulable: 3 Insufficient cpu (0 of 1)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestHintOfABrokenUpdate says that what was there before still serves.
func TestHintOfABrokenUpdate(t *testing.T) {
	t.Parallel()
	meta := events.Meta{ID: "a", Source: "test", Time: time.Now()}
	for name, test := range map[string]struct {
		serving []string
		want    string
	}{
		"first create": {nil, "kubectl -n shop get pods; "},
		"update":       {[]string{"api", "web"}, "the version before still serves in api, web; kubectl -n shop get pods; "},
	} {
		e, err := events.EnvironmentFailedTopic.Envelope(meta, events.EnvironmentFailed{Name: "shop", Message: "no", Serving: test.serving})
		if err != nil {
			t.Fatal(err)
		}
		_, err = observe(e, nil)
		failed, ok := errors.AsType[*events.Error](err)
		if !ok || !strings.HasPrefix(failed.Advice, test.want) {
			t.Errorf("%s: %#v", name, err)
		}
	}
}
