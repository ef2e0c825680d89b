package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestPeopleWriteNothingByReply: a server checks where a request goes, and not where its answer is
// to go. Whatever people ask, with an answer that is to go into a bucket, changes nothing there.
func TestPeopleWriteNothingByReply(t *testing.T) {
	option, ca := configured(t)
	o := natsbustest.Options(t)
	option(o)
	url := strings.Replace(natsbustest.Serve(t, o).ClientURL(), "tls://", "nats://", 1)
	kv, err := natsbustest.Connect(t, as("chaos", url, ca)).KV(t.Context(), events.Bucket{Name: "chaos_stop"})
	if err != nil {
		t.Fatal(err)
	}
	engaged, err := kv.Create(t.Context(), "stop", []byte(`{"engaged":true}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"people", "operator"} {
		asker := knock(t, as(user, url, ca))
		for subject, may := range publishing() {
			if slices.Contains(may, user) {
				asker.steer(t, subject, "$KV.shakedown_chaos_stop.stop")
			}
		}
		asker.settled(t, as(user, url, ca))
	}
	if now, revision, err := kv.Get(t.Context(), "stop"); err != nil || revision != engaged {
		t.Errorf("the emergency stop is %s at revision %d, %v; it was engaged at %d", now, revision, err, engaged)
	}
}

// steer asks so that the answer goes to the subject.
func (k knocker) steer(t *testing.T, question, answer string) {
	t.Helper()
	for _, body := range []string{"", `{"seq":1}`} {
		if err := k.nc.PublishMsg(&nats.Msg{Subject: question, Reply: answer, Data: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
}

// settled waits until the server has worked on what was asked: on more of the same, at least.
func (k knocker) settled(t *testing.T, access natsbus.Access) {
	t.Helper()
	bus := natsbustest.Connect(t, access, func(c *natsbus.Config) { c.Visit = true })
	for range 20 {
		if _, err := bus.DeadLetters(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
