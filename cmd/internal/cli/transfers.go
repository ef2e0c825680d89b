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

type transfer struct{ done, total int64 }

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
	t.units[unit] = transfer{done, total}
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
	if seconds := took.Seconds(); seconds >= 1 && t.bytes > 0 {
		parts = append(parts, sizeText(int64(float64(t.bytes)/seconds))+"/s")
	}
	if left := t.left(took); left > 0 {
		parts = append(parts, left.String()+" left")
	}
	return strings.Join(parts, ", ")
}

// left is the time that the known units will take at the rate so far, 0 when it
// cannot be told.
func (t *transfers) left(took time.Duration) time.Duration {
	var done, total int64
	for _, u := range t.units {
		done, total = done+u.done, total+max(u.total, u.done)
	}
	if done == 0 || done >= total || took < time.Second {
		return 0
	}
	return time.Duration(float64(took) * float64(total-done) / float64(done)).Round(time.Second)
}

func bar(done, total int64) string {
	full := int(barWidth * min(done, total) / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barWidth-full) + "]"
}
