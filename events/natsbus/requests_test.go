package natsbus_test

import (
	"strconv"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestRequestsDoNotGrow counts what List and the beginning of a Watch ask of the
// server, at ten values and at a thousand.
func TestRequestsDoNotGrow(t *testing.T) {
	t.Parallel()
	const slack = 3 // a slow server is asked again what there is
	access := natsbustest.Start(t, t.TempDir()).Access()
	bus := natsbustest.Connect(t, access)
	nc, err := nats.Connect(access.URL, nats.Token(access.Token))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	asked, err := nc.SubscribeSync("$JS.API.>")
	if err != nil {
		t.Fatal(err)
	}
	kv, err := bus.KV(t.Context(), events.Bucket{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	count := func(do func()) int {
		t.Helper()
		before := requests(t, nc, asked)
		do()
		// The last request of a feed is not answered; this one comes behind it.
		if _, _, err := kv.Get(t.Context(), "key-0"); err != nil {
			t.Fatal(err)
		}
		return requests(t, nc, asked) - before
	}
	costs := make(map[string]int)
	stored := 0
	for _, n := range []int{10, 1000} {
		for ; stored < n; stored++ {
			if _, err := kv.Create(t.Context(), "key-"+strconv.Itoa(stored), []byte("value")); err != nil {
				t.Fatal(err)
			}
		}
		for name, read := range map[string]func() (int, error){
			"list": func() (int, error) {
				list, err := kv.List(t.Context())
				return len(list), err
			},
			"watch": func() (values int, err error) {
				caughtUp := false
				err = kv.Watch(t.Context(), func(events.Entry) bool { values++; return values < n }, func() { caughtUp = true })
				if caughtUp {
					t.Error("the watch was not ended by the last value")
				}
				return values, err
			},
		} {
			got := count(func() {
				if values, err := read(); err != nil || values != n {
					t.Fatalf("%s: got %d values, %v, want %d", name, values, err, n)
				}
			})
			if before, ok := costs[name]; ok && got > before+slack {
				t.Errorf("%s of %d values costs %d requests, and %d for ten", name, n, got, before)
			}
			costs[name] = got
			t.Logf("%s of %d values: %d requests", name, n, got)
		}
	}
}

// requests is how many were sent so far, by anyone.
func requests(t *testing.T, nc *nats.Conn, asked *nats.Subscription) int {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	n, _, err := asked.Pending()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
