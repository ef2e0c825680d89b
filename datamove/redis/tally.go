package redis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// tally is what a run has seen, by all its workers.
type tally struct {
	bytes    atomic.Int64 // read from the source
	vanished atomic.Int64 // named by SCAN and gone when they were read
	dropped  atomic.Int64 // keys whose rule says null
	again    atomic.Int64 // copied again because they had changed
	removed  atomic.Int64 // written by us and since then deleted on the source
	kept     atomic.Int64 // of the target alone, which stay (merge)

	notes outcome.Notes

	mu        sync.Mutex
	leftOut   map[string]*left // by reason
	converted map[string]bool  // types whose payload the target refuses
}

// left are keys that were not copied for the same reason.
type left struct {
	count   int64
	example string
	known   map[string]bool
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
	for _, why := range slices.Sorted(maps.Keys(t.leftOut)) {
		l := t.leftOut[why]
		t.notes.LeaveOut(datamove.LeftOut{What: keysText(l.count) + fmt.Sprintf(", such as %q", l.example), Why: why})
		p.Verdict, p.Reason = datamove.Incomplete, keysText(l.count)+" could not be copied: "+why
	}
	t.count(&t.vanished, func(keys string) { t.leaveOut(keys, "expired or were deleted on the source while they were copied") })
	t.count(&t.dropped, func(keys string) { t.leaveOut(keys, "their masking rule says null") })
	t.count(&t.again, func(keys string) { t.notes.Warn("%s changed during the copy and had to be copied again", keys) })
	t.count(&t.kept, func(keys string) {
		t.notes.Warn("merge: %s that the source does not have were kept; they are not in the target's count", keys)
	})
	t.count(&t.removed, func(keys string) {
		t.notes.Warn("%s were deleted on the source after they had been copied, and removed from the target", keys)
	})
	for _, kind := range slices.Sorted(maps.Keys(t.converted)) {
		t.notes.Warn("the target refuses the source's format of type %s; these keys were copied by elements", kind)
	}
	t.notes.Fill(p)
}

// count calls note unless the counter is 0.
func (t *tally) count(n *atomic.Int64, note func(keys string)) {
	if c := n.Load(); c > 0 {
		note(keysText(c))
	}
}

func (t *tally) leaveOut(what, why string) { t.notes.LeaveOut(datamove.LeftOut{What: what, Why: why}) }

// keysText is "1 key" or "3 keys".
func keysText(n int64) string {
	if n == 1 {
		return "1 key"
	}
	return strconv.FormatInt(n, 10) + " keys"
}
