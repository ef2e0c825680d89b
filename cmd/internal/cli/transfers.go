package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// barWidth is that of the bar of one unit, in characters.
const barWidth = 20

// transfers shows how far a copy of data is: the unit that moved last with its
// bar, and rate and time left of the step.
type transfers struct {
	p     *progress
	mu    sync.Mutex
	since time.Time
	bytes int64
	units map[string]transfer
}

// transfer is how far a unit is; what a resumed run found there counts as base.
type transfer struct{ base, done, total int64 }

func (f *factory) transfers() *transfers {
	return &transfers{p: f.progress(), units: map[string]transfer{}}
}

// began tells the id that a resume needs.
func (t *transfers) began(id string) { t.p.Say("copy %s", id) }

// Step begins a step.
func (t *transfers) Step(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since, t.bytes, t.units = t.p.now(), 0, map[string]transfer{}
	t.p.Step(name)
}

// Count says how far a unit is.
func (t *transfers) Count(unit string, done, total, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += bytes
	base := done
	if u, known := t.units[unit]; known {
		base = u.base
	}
	t.units[unit] = transfer{base, done, total}
	t.p.Note(t.line(unit))
}

// line is "orders [####----] 12 of 30, 3.1 MiB/s, 4s left".
func (t *transfers) line(unit string) string {
	u := t.units[unit]
	var parts []string
	text := fmt.Sprintf("%s %d", unit, u.done)
	if u.total > 0 {
		text = fmt.Sprintf("%s %s %d of about %d", unit, bar(u.done, u.total), u.done, max(u.total, u.done))
	}
	parts = append(parts, text)
	took := t.p.now().Sub(t.since)
	if rate := t.rate(took); rate != "" {
		parts = append(parts, rate)
	}
	if left := t.left(took); left > 0 {
		parts = append(parts, left.String()+" left")
	}
	return strings.Join(parts, ", ")
}

// rate is in bytes, or in items where bytes are not told, and empty at first.
func (t *transfers) rate(took time.Duration) string {
	moved, _ := t.sums()
	seconds := took.Seconds()
	switch {
	case seconds < 1:
		return ""
	case t.bytes > 0:
		return sizeText(int64(float64(t.bytes)/seconds)) + "/s"
	case moved > 0:
		return fmt.Sprintf("%.0f/s", float64(moved)/seconds)
	}
	return ""
}

// sums are the items that were moved, and those that are to come.
func (t *transfers) sums() (moved, left int64) {
	for _, u := range t.units {
		moved, left = moved+u.done-u.base, left+max(u.total-u.done, 0)
	}
	return moved, left
}

// left is the time that the known units will take at the rate so far, 0 when it
// cannot be told.
func (t *transfers) left(took time.Duration) time.Duration {
	moved, left := t.sums()
	if moved <= 0 || took < time.Second {
		return 0
	}
	return time.Duration(float64(took) * float64(left) / float64(moved)).Round(time.Second)
}

func bar(done, total int64) string {
	full := int(barWidth * min(done, total) / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barWidth-full) + "]"
}
