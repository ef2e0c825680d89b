package datamove_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// shelves is an adapter between shelves of books, by their URLs.
type shelves map[string]map[string]string

func (s shelves) Plan(_ context.Context, j datamove.Job) (datamove.Plan, error) {
	unit := datamove.PlanUnit{Name: "books", Items: int64(len(s[j.From.URL])), Exact: true}
	return datamove.Plan{From: datamove.Server{URL: j.From.URL}, To: datamove.Server{URL: j.To.URL}, Units: []datamove.PlanUnit{unit}, Method: "by hand"}, nil
}

func (s shelves) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	maps.Copy(s[j.To.URL], s[j.From.URL])
	return s.Verify(ctx, j, p)
}

func (s shelves) Verify(_ context.Context, j datamove.Job, _ datamove.Progress) (datamove.Part, error) {
	from, to := s.sum(j.From.URL), s.sum(j.To.URL)
	unit := datamove.Unit{Name: "books", Source: from, Target: to, Equal: from == to}
	return datamove.Part{Snapshot: datamove.Snapshot{Time: j.Now(), Method: "by hand"}, Units: []datamove.Unit{unit}}, nil
}

func (s shelves) Fields(_ context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	titles := slices.Sorted(maps.Values(s[j.From.URL]))
	return []datamove.Field{{Name: "books.title", Samples: titles[:min(n, len(titles))]}}, nil
}

// sum says the same of the same books.
func (s shelves) sum(url string) datamove.Sum {
	hash, books := sha256.New(), s[url]
	for _, isbn := range slices.Sorted(maps.Keys(books)) {
		fmt.Fprintln(hash, isbn, books[isbn])
	}
	return datamove.Sum{Items: int64(len(books)), Checksum: hex.EncodeToString(hash.Sum(nil))[:32]}
}

// ExampleAdapter copies one shelf to another. Only a comparison after the copy makes
// it equal; whoever writes an adapter runs the suite in datamovetest.
func ExampleAdapter() {
	var adapter datamove.Adapter = shelves{"shelf://a": {"978-0": "Moby-Dick"}, "shelf://b": {}}
	job := datamove.Job{ID: "move-1", Now: time.Now}
	job.From.URL, job.To.URL = "shelf://a", "shelf://b"

	before, err := adapter.Verify(context.Background(), job, nil)
	fmt.Println(before.Judge(), err)
	after, err := adapter.Copy(context.Background(), job, nil)
	fmt.Println(after.Judge(), after.Units[0].Target.Items, err)
	// Output:
	// different <nil>
	// equal 1 <nil>
}
