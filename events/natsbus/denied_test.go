package natsbus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// limited is a server with a user who may do everything, and one who may read streams but
// publish nothing, and reads its answers below an inbox of its own.
func limited(t *testing.T) (all, few natsbus.Access) {
	t.Helper()
	all, few, _ = limitedServer(t)
	return all, few
}

// limitedServer also returns how to restart the server.
func limitedServer(t *testing.T) (all, few natsbus.Access, restart func()) {
	t.Helper()
	o := natsbustest.Options(t)
	o.Users = []*server.User{
		{Username: "all", Password: "s3cret"},
		{Username: "few", Password: "s3cret", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"$JS.API.STREAM.INFO.*", "$JS.API.STREAM.MSG.GET.*"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.few.>"}},
		}},
	}
	s := natsbustest.Serve(t, o)
	url := s.ClientURL()
	as := func(user, inbox string) natsbus.Access {
		return natsbus.Access{URL: strings.Replace(url, "://", "://"+user+":s3cret@", 1), Inbox: inbox}
	}
	return as("all", ""), as("few", "_INBOX.few"), func() {
		natsbustest.Shut(s)
		o.Port = portOf(t, url)
		s = natsbustest.Serve(t, o)
	}
}

// TestWatchWithoutConsumers: a user who may only read sees what others see.
func TestWatchWithoutConsumers(t *testing.T) {
	t.Parallel()
	eventstest.Watches(t, func(t *testing.T) eventstest.Rig {
		all, few, restart := limitedServer(t)
		bus := natsbustest.Connect(t, all)
		reader := natsbustest.Connect(t, few, func(c *natsbus.Config) { c.Visit = true })
		return eventstest.Rig{Bus: reading{bus, reader}, Member: bus, Restart: restart}
	})
}

// TestLettersWithoutConsumers lists the dead letters as such a user.
func TestLettersWithoutConsumers(t *testing.T) {
	t.Parallel()
	all, few := limited(t)
	bus := natsbustest.Connect(t, all)
	reader := natsbustest.Connect(t, few, func(c *natsbus.Config) { c.Visit = true })
	if list, err := reader.DeadLetters(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("none yet: %+v, %v", list, err)
	}
	if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	sub, err := events.StopEngagedTopic.Subscribe(ctx, bus, "broken", func(context.Context, events.Meta, events.StopEngaged) error {
		return events.Permanent(errors.New("never"))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); sub.Wait() }()
	until(t, func() error {
		list, err := reader.DeadLetters(t.Context())
		if err == nil && (len(list) != 1 || list[0].Group != "broken") {
			err = fmt.Errorf("dead letters %+v", list)
		}
		return err
	})
}

// reading is a bus that watches by the connection of another user.
type reading struct {
	*natsbus.Bus
	by *natsbus.Bus
}

func (r reading) Watch(ctx context.Context, f events.Filter, show func(events.Envelope) bool) error {
	return r.by.Watch(ctx, f, show)
}

// TestDenied: what the permissions of the user do not allow is refused at once, and the
// error says so.
func TestDenied(t *testing.T) {
	t.Parallel()
	all, few := limited(t)
	natsbustest.Connect(t, all)
	bus := natsbustest.Connect(t, few, func(c *natsbus.Config) { c.Visit = true })
	err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{})
	wantDenied(t, err, "shakedown.v1.chaos.stop.engaged.all")
	_, err = events.StopStateCall.Ask(t.Context(), bus, stamp().First(""), events.Nothing{})
	wantDenied(t, err, "shakedown.call.v1.chaos.stop.show")
	few.Inbox = ""
	_, err = natsbus.Connect(t.Context(), natsbus.Config{Access: few, Visit: true})
	wantDenied(t, err, "_INBOX.")
	if e, ok := errors.AsType[*events.Error](err); !ok || !strings.Contains(e.Advice, "--nats-inbox") {
		t.Errorf("the advice of %v", err)
	}
}

// TestDeniedState: what may not be stored, or taken by a group, is refused at once, too.
func TestDeniedState(t *testing.T) {
	t.Parallel()
	all, few := limited(t)
	if _, err := natsbustest.Connect(t, all).KV(t.Context(), events.Bucket{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	bus := natsbustest.Connect(t, few, func(c *natsbus.Config) { c.Visit = true })
	_, err := events.StopEngagedTopic.Subscribe(t.Context(), bus, "few", func(context.Context, events.Meta, events.StopEngaged) error { return nil })
	wantDenied(t, err, "CONSUMER.CREATE.SHAKEDOWN.few-")
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "b", AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kv.Create(t.Context(), "k", []byte("v"))
	wantDenied(t, err, "$KV.shakedown_b.k")
	_, err = kv.Update(t.Context(), "k", []byte("v"), 1)
	wantDenied(t, err, "$KV.shakedown_b.k")
	wantDenied(t, kv.Delete(t.Context(), "k", 1), "$KV.shakedown_b.k")
}

func wantDenied(t *testing.T, err error, subject string) {
	t.Helper()
	if err == nil || events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), subject) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v, want a refusal that names %s", err, subject)
	}
}
