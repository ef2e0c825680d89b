package outcome

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
)

// The most that a part lists.
const (
	maxDifferences = 1000
	maxLeftOut     = 1000
)

// Notes are what an adapter has to report beside counts and checksums. They may be
// taken by several goroutines. The zero value has none.
type Notes struct {
	mu          sync.Mutex
	warnings    []string
	leftOut     []datamove.LeftOut
	differences []datamove.Difference
	// more counts the differences that are not listed.
	more   int64
	masked map[[2]string]int64
}

// Warn adds a warning, once.
func (n *Notes) Warn(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(n.warnings, text) {
		n.warnings = append(n.warnings, text)
	}
}

// LeaveOut adds what was not copied and why, once.
func (n *Notes) LeaveOut(all ...datamove.LeftOut) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range all {
		if len(n.leftOut) < maxLeftOut && !slices.Contains(n.leftOut, l) {
			n.leftOut = append(n.leftOut, l)
		}
	}
}

// Differ adds a difference; those beyond a bound are only counted.
func (n *Notes) Differ(d datamove.Difference) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.differences) >= maxDifferences {
		n.more++
		return
	}
	n.differences = append(n.differences, d)
}

// DifferUnlisted counts differences that nobody can name.
func (n *Notes) DifferUnlisted(count int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.more += count
}

// Mask counts values of a field that were masked as the rule says.
func (n *Notes) Mask(field, as string, count int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.masked == nil {
		n.masked = map[[2]string]int64{}
	}
	n.masked[[2]string{field, as}] += count
}

// Fill adds all notes to a part.
func (n *Notes) Fill(p *datamove.Part) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p.Warnings = append(p.Warnings, n.warnings...)
	p.LeftOut = append(p.LeftOut, n.leftOut...)
	p.Differences = append(p.Differences, n.differences...)
	p.MoreDifferences += n.more
	for rule, count := range n.masked {
		p.Masked = append(p.Masked, datamove.Masked{Field: rule[0], As: rule[1], Count: count})
	}
	slices.SortFunc(p.Masked, func(a, b datamove.Masked) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.As, b.As))
	})
}
