package data

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// barWidth is that of the bar of one unit, in characters.
const barWidth = 20

// progress shows how far a copy of data is: the unit that moved last with its
// bar, and rate and time left of the step.
type progress struct {
	lines *kit.Progress
	now   func() time.Time
	mu    sync.Mutex
	since time.Time
	bytes int64
	units map[string]transfer
}

// transfer is how far a unit is; what a resumed run found there counts as base.
type transfer struct{ base, done, total int64 }

func newProgress(d *kit.Deps) *progress {
	return &progress{lines: d.Progress(), now: d.Now, units: map[string]transfer{}}
}

// began shows the id that a resume needs.
func (p *progress) began(id string) { p.lines.Say("copy %s", id) }

// Step begins a step.
func (p *progress) Step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since, p.bytes, p.units = p.now(), 0, map[string]transfer{}
	p.lines.Step(name)
}

// Count says how far a unit is.
func (p *progress) Count(unit string, done, total, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += bytes
	base := done
	if u, known := p.units[unit]; known {
		base = u.base
	}
	p.units[unit] = transfer{base, done, total}
	p.lines.Note(p.line(unit))
}

// line is "orders [####----] 12 of 30, 3.1 MiB/s, 4s left".
func (p *progress) line(unit string) string {
	u := p.units[unit]
	var parts []string
	text := fmt.Sprintf("%s %d", unit, u.done)
	if u.total > 0 {
		text = fmt.Sprintf("%s %s %d of about %d", unit, bar(u.done, u.total), u.done, max(u.total, u.done))
	}
	parts = append(parts, text)
	took := p.now().Sub(p.since)
	if rate := p.rate(took); rate != "" {
		parts = append(parts, rate)
	}
	if left := p.left(took); left > 0 {
		parts = append(parts, left.String()+" left")
	}
	return strings.Join(parts, ", ")
}

// rate is in bytes, or in items where bytes are not known, and empty at first.
func (p *progress) rate(took time.Duration) string {
	moved, _ := p.sums()
	seconds := took.Seconds()
	switch {
	case seconds < 1:
		return ""
	case p.bytes > 0:
		return kit.Size(int64(float64(p.bytes)/seconds)) + "/s"
	case moved > 0:
		return fmt.Sprintf("%.0f/s", float64(moved)/seconds)
	}
	return ""
}

// sums are the items that were moved, and those that are to come.
func (p *progress) sums() (moved, left int64) {
	for _, u := range p.units {
		moved, left = moved+u.done-u.base, left+max(u.total-u.done, 0)
	}
	return moved, left
}

// left is the time that the known units will take at the rate so far, 0 when it
// is not known.
func (p *progress) left(took time.Duration) time.Duration {
	moved, left := p.sums()
	if moved <= 0 || took < time.Second {
		return 0
	}
	return time.Duration(float64(took) * float64(left) / float64(moved)).Round(time.Second)
}

func bar(done, total int64) string {
	full := int(barWidth * min(done, total) / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barWidth-full) + "]"
}
