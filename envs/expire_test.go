package envs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

func lasting(ttl time.Duration) Document {
	d := small("shop", "v1")
	d.Spec.TTL = events.Duration(ttl)
	return d
}

// end is the end of the environment's time as the cluster has it.
func (r *rig) end() (end time.Time, ok bool) {
	r.cluster.change(func() {
		if ns := r.cluster.namespaces["shop"]; ns != nil {
			end, ok = ends(ns.live)
		}
	})
	return end, ok
}

// first waits for an event of the type, and returns the filter of all of them.
func (r *rig) first(kind string) events.Filter {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{kind}}
	if err := r.bus.Watch(ctx, filter, func(events.Envelope) bool { return false }); err != nil {
		r.t.Fatalf("no %s: %v", kind, err)
	}
	return filter
}

// TestExpired: an environment whose time is over is destroyed, one without an end stays.
func TestExpired(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.ExpiryEvery = 5 * time.Millisecond
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Millisecond))))
	gone := r.first(events.EnvironmentDestroyedTopic.Type())
	if got := r.all(gone); !slices.Equal(got, []string{"destroyed shop"}) {
		t.Errorf("destroyed: %v", got)
	}
}

// TestWarnedOnce: an environment whose time is nearly over is warned of, once.
func TestWarnedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.ExpiryEvery = time.Millisecond
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(30*time.Minute))))
	warned := r.first(events.EnvironmentExpiringTopic.Type())
	r.start() // another term of the duty
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(31*time.Hour))))
	if got := r.all(warned); !slices.Equal(got, []string{"expiring shop"}) {
		t.Errorf("warned: %v", got)
	}
	if _, ok := r.end(); !ok {
		t.Error("the environment is gone")
	}
}

// TestExpiredMeanwhile: a destroy because the time is over holds for that end alone, and
// does not push aside what is being made.
func TestExpiredMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
	r.stop()
	asked := r.stamp().First("late")
	r.left(asked, request{Reason: "expired", Ends: "2026-01-01T00:00:00Z"}, work.Lease{})
	r.wantUnchanged(func() {
		r.start()
		no := want(t, events.EnvironmentRejectedTopic, r.outcome(asked))
		if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "over at 2026-01-01T00:00:00Z, and it lives until ") {
			t.Errorf("rejected: %+v", no)
		}
	})
	next := row{Body: request{Ends: "2026-01-01T00:00:00Z"}}
	service := Service{deps: Deps{Stamp: r.stamp()}}
	if err := service.superseded(row{ID: "shop"}, &next); !errors.Is(err, errBusy) {
		t.Errorf("superseded: %v, want %v", err, errBusy)
	}
}

// TestExtendedAtTheLastMoment: somebody extends it between our reading and the deletion,
// or before a server that was killed comes back to it.
func TestExtendedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for name, begun := range map[string]bool{"right before": false, "after a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
			r.stop()
			end, _ := r.end()
			if begun {
				r.cluster.change(func() { r.cluster.lengthen("shop") })
			} else {
				r.race("remove", Ref{kindNamespace, "shop"}, func(c *fakeCluster, _ Ref) { c.lengthen("shop") })
			}
			asked := r.stamp().First("over")
			r.left(asked, request{Reason: "expired", Ends: endText(end), Begun: begun}, work.Lease{})
			r.start()
			if got := r.outcome(asked); got.Type == events.EnvironmentDestroyedTopic.Type() || !strings.Contains(string(got.Data), "it lives until ") {
				t.Errorf("outcome: %s %s", got.Type, got.Data)
			}
			if _, ok := r.end(); !ok {
				t.Error("it is gone")
			}
		})
	}
}

// lengthen is somebody who extends the environment by a year.
func (c *fakeCluster) lengthen(name string) {
	live := &c.namespaces[name].live
	live.Annotations = maps.Clone(live.Annotations)
	live.Annotations[AnnotationEnds] = endText(time.Now().AddDate(1, 0, 0))
	live.ResourceVersion = c.next()
}

// TestEnds: the end is counted from the last deploy, and an extension outlives a deploy
// with the same ttl.
func TestEnds(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		ttl      time.Duration
		now      map[string]string
		want     string
		wantText string
	}{
		"no ttl":         {0, map[string]string{AnnotationEnds: "2028-01-01T00:00:00Z"}, never, ""},
		"new":            {time.Hour, nil, "2027-01-01T01:00:00Z", "2027-01-01T01:00:00Z"},
		"deployed again": {time.Hour, map[string]string{AnnotationTTL: "1h0m0s", AnnotationEnds: "2027-01-01T00:30:00Z"}, "2027-01-01T01:00:00Z", "2027-01-01T01:00:00Z"},
		"extended":       {time.Hour, map[string]string{AnnotationTTL: "1h0m0s", AnnotationEnds: "2027-01-02T00:00:00Z"}, "2027-01-02T00:00:00Z", "2027-01-02T00:00:00Z"},
		"another ttl":    {time.Hour, map[string]string{AnnotationTTL: "72h0m0s", AnnotationEnds: "2027-01-03T00:00:00Z"}, "2027-01-01T01:00:00Z", "2027-01-01T01:00:00Z"},
	} {
		doc, current := lasting(test.ttl), Current{}
		if test.now != nil {
			current.Namespace = &Live{Annotations: test.now}
		}
		got := expiry(row{Asked: events.Meta{Time: at}, Body: request{Document: &doc}}, current)
		if text := endsText(Live{Annotations: map[string]string{AnnotationEnds: got}}); got != test.want || text != test.wantText {
			t.Errorf("%s: %s (%s), want %s", name, got, text, test.want)
		}
	}
}

// TestExtend: an environment lives on from now, for its ttl or as long as is said.
func TestExtend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	ask := func(e events.EnvironmentExtend) (events.Environment, error) {
		return events.EnvironmentExtendCall.Ask(t.Context(), r.bus, r.stamp().First(""), e)
	}
	if _, err := ask(events.EnvironmentExtend{Name: "shop"}); events.KindOf(err) != events.KindNotFound {
		t.Errorf("there is none: %v", err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
	before, _ := r.end()
	longer, err := ask(events.EnvironmentExtend{Name: "shop", For: events.Duration(48 * time.Hour)})
	after, _ := r.end()
	if err != nil || longer.Ends != endText(after) || after.Sub(before) < 46*time.Hour {
		t.Errorf("extended from %s to %s: %+v, %v", before, after, longer, err)
	}
	if _, err := ask(events.EnvironmentExtend{Name: "shop"}); events.KindOf(err) != events.KindInvalid {
		t.Errorf("shorter than it lives: %v", err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	if _, err := ask(events.EnvironmentExtend{Name: "shop"}); events.KindOf(err) != events.KindInvalid || !strings.Contains(err.Error(), "has no ttl") {
		t.Errorf("without a ttl: %v", err)
	}
	if _, ok := r.end(); ok {
		t.Error("it has an end without a ttl")
	}
}
