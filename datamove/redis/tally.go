package redis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
)

// tally is what a run has seen, by all its workers.
type tally struct {
	bytes    atomic.Int64 // read from the source
	vanished atomic.Int64 // named by SCAN and gone when they were read
	dropped  atomic.Int64 // keys whose rule says null
	again    atomic.Int64 // copied again because they had changed
	removed  atomic.Int64 // written by us and since then deleted on the source
	kept     atomic.Int64 // of the target alone, which stay (merge)

	mu        sync.Mutex
	masked    map[[2]string]int64 // by field and rule
	leftOut   map[string]*left    // by reason
	warnings  []string
	converted map[string]bool // types whose payload the target refuses
}

// left are keys that were not copied for the same reason.
type left struct {
	count   int64
	example string
	known   map[string]bool
}

func (t *tally) mask(counts map[[2]string]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.masked == nil {
		t.masked = map[[2]string]int64{}
	}
	for k, n := range counts {
		t.masked[k] += n
	}
}

// leave notes a key that cannot be copied.
func (t *tally) leave(key, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.leftOut == nil {
		t.leftOut = map[string]*left{}
	}
	if t.leftOut[why] == nil {
		t.leftOut[why] = &left{example: key, known: map[string]bool{}}
	}
	if l := t.leftOut[why]; !l.known[key] {
		l.count++
		if len(l.known) < maxSuspects/10 {
			l.known[key] = true // it may be tried again
		}
	}
}

// isLeft says whether the key was left out; it may be false where many were.
func (t *tally) isLeft(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.leftOut {
		if l.known[key] {
			return true
		}
	}
	return false
}

func (t *tally) warn(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.warnings = append(t.warnings, fmt.Sprintf(format, args...))
}

// convert notes that payloads of the type are refused.
func (t *tally) convert(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.converted == nil {
		t.converted = map[string]bool{}
	}
	t.converted[kind] = true
}

func (t *tally) converts(kind string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.converted[kind]
}

// fill writes what was seen into the part.
func (t *tally) fill(p *datamove.Part) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.Bytes = t.bytes.Load()
	for k, n := range t.masked {
		p.Masked = append(p.Masked, datamove.Masked{Field: k[0], As: k[1], Count: n})
	}
	slices.SortFunc(p.Masked, func(a, b datamove.Masked) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.As, b.As))
	})
	for _, why := range slices.Sorted(maps.Keys(t.leftOut)) {
		l := t.leftOut[why]
		p.LeftOut = append(p.LeftOut, datamove.LeftOut{What: some(l.count, "key") + fmt.Sprintf(", such as %q", l.example), Why: why})
		p.Verdict, p.Reason = datamove.Incomplete, some(l.count, "key")+" could not be copied: "+why
	}
	t.notes(p)
	p.Warnings = append(p.Warnings, t.warnings...)
}

func (t *tally) notes(p *datamove.Part) {
	for _, n := range []struct {
		count *atomic.Int64
		what  string
		why   string
	}{
		{&t.vanished, "key", "expired or were deleted on the source while they were copied"},
		{&t.dropped, "key", "their masking rule says null"},
	} {
		if c := n.count.Load(); c > 0 {
			p.LeftOut = append(p.LeftOut, datamove.LeftOut{What: some(c, n.what), Why: n.why})
		}
	}
	if c := t.again.Load(); c > 0 {
		p.Warnings = append(p.Warnings, some(c, "key")+" changed during the copy and had to be copied again")
	}
	if c := t.kept.Load(); c > 0 {
		p.Warnings = append(p.Warnings, "merge: "+some(c, "key")+" that the source does not have were kept; they are not in the target's count")
	}
	if c := t.removed.Load(); c > 0 {
		p.Warnings = append(p.Warnings, some(c, "key")+" were deleted on the source after they had been copied, and removed from the target")
	}
	for _, kind := range slices.Sorted(maps.Keys(t.converted)) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the target refuses the source's format of type %s; these keys were copied by elements", kind))
	}
}

// some is "1 key" or "3 keys".
func some(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
