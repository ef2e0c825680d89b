//go:build real

package s3

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// mixed is a bucket with something of everything: n mails, and an object in parts.
func (r *rig) mixed(t testing.TB, n int, parts ...int) {
	t.Helper()
	r.fill(t, n, 2)
	size := 0
	for _, p := range parts {
		size += p
	}
	big := make([]byte, size)
	for i := range big {
		big[i] = byte(i * 13 >> 5)
	}
	r.put(t, "src", "big/whole", big[:1<<20], decorate)
	r.putParts(t, "big/parts", big, parts)
	r.put(t, "src", "a+b c%/empty", nil, decorate)
}

// TestFaults copies through a network and a server that fail in every way.
func TestFaults(t *testing.T) {
	for name, streamed := range map[string]bool{"server-side": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, storetest.S3(t))
			r.mixed(t, 150, 5<<20, 5<<20, 1<<20)
			var mu sync.Mutex
			rnd, hangs := rand.New(rand.NewPCG(7, 7)), 0
			r.through(t, func(req *http.Request) fate {
				mu.Lock()
				defer mu.Unlock()
				switch n := rnd.IntN(100); {
				case n < 6:
					return slowDown
				case n < 9:
					return internal
				case n < 12:
					return cutBefore
				case n < 16 && req.Method == http.MethodGet:
					return cutMiddle
				case n < 20 && req.Header.Get("X-Amz-Copy-Source") != "":
					return okThenFail
				case n == 99 && hangs < 5:
					hangs++
					return hang
				}
				return forward
			})
			a := New(Options{Patience: 30 * time.Second, Down: 20 * time.Second, Timeout: 2 * time.Second, Rand: rand.New(rand.NewPCG(1, 1))})
			j := r.job(t)
			j.Store.S3.Streamed = streamed
			copied(t, a, j)
			if diff := cmp.Diff(r.look(t, "src"), r.look(t, "dst")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			r.noUploads(t)
		})
	}
}

// TestSlowDownForLong has the server refuse everything for a while; TestPatience has
// it last for a minute.
func TestSlowDownForLong(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.fill(t, 300, 3)
	var mu sync.Mutex
	var from time.Time
	n := 0
	r.through(t, func(*http.Request) fate {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 100 {
			from = time.Now()
		}
		if n >= 100 && time.Since(from) < 8*time.Second {
			return slowDown
		}
		return forward
	})
	copied(t, New(Options{}), r.job(t))
	if n > 1500 {
		t.Errorf("%d requests for 300 objects: the server was hammered", n)
	}
}

// TestServerGone ends with an error that may be resumed, and is resumed.
func TestServerGone(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.fill(t, 400, 4)
	j := r.job(t)
	n := 0
	j.Checkpoint = func(step string) {
		if step == "object" {
			if n++; n == 100 {
				r.Kill()
			}
		}
	}
	j.Store.S3.Concurrency = 1
	a := New(Options{Patience: 2 * time.Second, Down: time.Second, Timeout: 2 * time.Second})
	p, err := a.Copy(t.Context(), j, nil)
	if events.KindOf(err) != events.KindUnavailable {
		t.Fatalf("copy from a dead server: %s, %v", p.Verdict, err)
	}
	r.Start()
	j.Resume, j.Checkpoint = true, nil
	j.Store.S3.Concurrency = 0
	if p = copied(t, a, j); p.Resumed != 1 {
		t.Errorf("resumed %d times", p.Resumed)
	}
	if diff := cmp.Diff(r.look(t, "src"), r.look(t, "dst")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
