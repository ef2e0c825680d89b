package envstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts what has happened, since rounds in which nothing does prove nothing.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what]++
}

// String is "3 ready, 1 rejected".
func (c *tally) String() string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		all = append(all, fmt.Sprint(c.counts[what], " ", what))
	}
	return strings.Join(all, ", ")
}

// The words of the tally beside those for ends.
const (
	compared  = "environments compared"
	disturbed = "environments disturbed"
	kept      = "foreign objects left alone"
	sprung    = "ambushes sprung"
	adopted   = "adoptions"
	expired   = "expirations"
	believed  = "refusals believed"
)

// enough is how many rounds there must be for everything to happen.
const enough = 50

// check fails the test when something has never happened.
func (c *tally) check(t testing.TB) {
	t.Helper()
	for _, what := range []string{ready, failed, rejected, destroyed, superseded, compared, kept, sprung, adopted, expired, believed} {
		if c.counts[what] == 0 {
			t.Errorf("nothing of this has happened: %s", what)
		}
	}
}
