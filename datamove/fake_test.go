package datamove

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// fakeAdapter is a store that does what the test says. It counts what it copied
// in a file of the state folder, as a journal would.
type fakeAdapter struct {
	mu     sync.Mutex
	jobs   []Job
	plan   func(Job) (Plan, error)
	copy   func(context.Context, Job) (Part, error)
	fields []Field
}

func (f *fakeAdapter) note(j Job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs = append(f.jobs, j)
}

func (f *fakeAdapter) copies() []Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Job(nil), f.jobs...)
}

func (f *fakeAdapter) Plan(_ context.Context, j Job) (Plan, error) {
	if f.plan != nil {
		return f.plan(j)
	}
	return goodPlan(j), nil
}

func goodPlan(j Job) Plan {
	return Plan{From: Server{URL: j.From.URL, Fingerprint: "source"}, To: Server{URL: j.To.URL, Fingerprint: "target"}}
}

func (f *fakeAdapter) Copy(ctx context.Context, j Job, p Progress) (Part, error) {
	f.note(j)
	p.Step("tables")
	p.Count("shop.orders", 1, 2, 10)
	if f.copy != nil {
		return f.copy(ctx, j)
	}
	return goodPart(), nil
}

func (f *fakeAdapter) Verify(ctx context.Context, j Job, p Progress) (Part, error) {
	return f.Copy(ctx, j, p)
}

func (f *fakeAdapter) Fields(context.Context, Job, int) ([]Field, error) { return f.fields, nil }

func goodPart() Part {
	sum := Sum{Items: 2, Bytes: 20, Checksum: "abc"}
	return Part{
		Store: StoreMySQL, Snapshot: Snapshot{Method: "one connection", Consistent: true}, Bytes: 20,
		Units: []Unit{{Name: "shop.orders", Source: sum, Target: sum, Copied: 2, Equal: true}},
	}
}

// fakeMask is a policy that covers nothing.
type fakeMask struct {
	missing      events.Problems
	unclassified []Finding
}

func (fakeMask) Column(string, string, string) Transform { return nil }
func (fakeMask) Key(string) KeyMask                      { return nil }
func (fakeMask) Object(string) Transform                 { return nil }
func (fakeMask) Fingerprint() string                     { return "mask" }
func (m fakeMask) Missing([]Field) events.Problems       { return m.missing }
func (m fakeMask) Unclassified([]Field) []Finding        { return m.unclassified }

// silent hears progress and forgets it.
type silent struct{}

func (silent) Step(string)                       {}
func (silent) Count(string, int64, int64, int64) {}

// document copies one MySQL database.
func document() Document {
	return Document{
		Header: events.NewHeader(Kind, "shop-data"),
		Spec: Spec{Stores: []Store{{
			Name: "orders", From: Endpoint{URL: "mysql://root@db.stage:3306/shop", Credentials: Credentials{Env: "FROM"}},
			To: Endpoint{URL: "mysql://root@db.pr:3306/shop"},
		}}},
	}
}

func newCopier(t *testing.T, adapter *fakeAdapter, change func(*CopierDeps)) *Copier {
	t.Helper()
	var ids atomic.Int64
	d := CopierDeps{
		Adapters: map[string]Adapter{StoreMySQL: adapter}, Dir: filepath.Join(t.TempDir(), "runs"), Version: "test",
		Secrets: Secrets{Env: func(name string) string {
			return map[string]string{"FROM": "canary-password", "KEY": "canary-masking-key"}[name]
		}},
		NewMask: func([]Rule, []byte) (MaskPolicy, error) { return fakeMask{}, nil },
		Policy:  Policy{Targets: []Target{{Allow: []string{"mysql://db.pr:*/*"}}}},
		Now:     time.Now, NewID: func() string { return "run-" + strconv.FormatInt(ids.Add(1), 10) }, Log: slog.New(slog.DiscardHandler),
		View: func(w io.Writer, r Report) error { _, err := io.WriteString(w, "<p>"+string(r.Verdict)); return err },
	}
	if change != nil {
		change(&d)
	}
	c, err := NewCopier(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fileExists(path ...string) bool {
	_, err := os.Stat(filepath.Join(path...))
	return err == nil
}
