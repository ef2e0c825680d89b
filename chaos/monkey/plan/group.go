package plan

import (
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// draw adds the starts of a group to the days, which follow each other.
func (p *Planner) draw(list []Day, g Group, memo memo) {
	if len(list) == 0 || len(g.Members) == 0 {
		return
	}
	w := p.walk(g.Name, memo)
	w.rest = w.before(list[0].Date)
	for i := range list {
		if d, hit := w.step(list[i].Date, len(list[i].Open) > 0); hit {
			list[i].Starts = append(list[i].Starts, p.hit(list[i], g, d))
		}
	}
}

// hit is the start that the draw means.
func (p *Planner) hit(day Day, g Group, d draw) Start {
	fault := d.fault(p.document.Spec.Monkey.Faults)
	return Start{
		ID: p.id(g.Name + "\n" + day.Date.String()), At: d.moment(day.Open), Group: g.Name,
		Member: g.Members[d.index(1, len(g.Members))], Fault: &fault, Seed: d.String(),
	}
}

// walk goes through the working days of a group.
type walk struct {
	p      *Planner
	group  string
	chance float64
	gap    int
	// rest is how many working days must pass before the next one may be hit.
	rest   int
	buffer []byte
	memo   memo
}

// memo remembers of days, for all groups, what takes time to find out.
type memo map[wall.Date]remembered

type remembered struct {
	works bool
	text  string
}

func (p *Planner) walk(group string, memo memo) *walk {
	m := *p.document.Spec.Monkey
	return &walk{p: p, group: group, chance: Chance(m), gap: m.Gap, buffer: make([]byte, 0, 128), memo: memo}
}

// day is what is remembered of the day.
func (w *walk) day(date wall.Date) remembered {
	r, known := w.memo[date]
	if !known {
		open, _ := w.p.days.open(date)
		r = remembered{len(open) > 0, date.String()}
		w.memo[date] = r
	}
	return r
}

// step goes to a day, and says whether somebody is hit on it.
func (w *walk) step(date wall.Date, working bool) (draw, bool) {
	if isAnchor(date) {
		w.rest = w.gap - 1
	}
	switch {
	case !working:
		return draw{}, false
	case w.rest > 0:
		w.rest--
		return draw{}, false
	}
	d, wants := w.wants(date)
	if wants {
		w.rest = w.gap - 1
	}
	return d, wants
}

func isAnchor(date wall.Date) bool { return date%anchor == 0 }

// wants says whether somebody would be hit on the day if there were no gap.
func (w *walk) wants(date wall.Date) (draw, bool) {
	d := newDraw(w.buffer, w.p.hash, w.group, w.day(date).text)
	return d, d.fraction(0) < w.chance
}

// before is the rest at the beginning of the day. It goes back to where nobody can have
// been hit for long enough, or to an anchor, and comes back from there.
func (w *walk) before(date wall.Date) int {
	if w.gap == 1 || isAnchor(date) {
		return 0 // of an anchor, step says what the rest is
	}
	var days []wall.Date
	quiet, at := 0, date-1
	for ; quiet < w.gap-1; at-- {
		if w.day(at).works {
			days = append(days, at)
			quiet++
			if w.chance >= 1 { // whatever is drawn
				quiet = 0
			} else if _, wants := w.wants(at); wants {
				quiet = 0
			}
		}
		if isAnchor(at) {
			break
		}
	}
	ahead := walk{p: w.p, group: w.group, chance: w.chance, gap: w.gap, buffer: w.buffer, memo: w.memo}
	if isAnchor(at) {
		ahead.rest = w.gap - 1
	}
	for _, day := range slices.Backward(days) {
		ahead.step(day, true)
	}
	return ahead.rest
}

// Reason says why nobody of the group is hit on the day, "" when somebody is.
func (p *Planner) Reason(group string, date wall.Date) string {
	open, why := p.days.open(date)
	if len(open) == 0 {
		return why
	}
	w := p.walk(group, memo{})
	w.rest = w.before(date)
	if isAnchor(date) {
		w.rest = w.gap - 1
	}
	if w.rest > 0 {
		return fmt.Sprintf("the gap of %d working days is not over: %d of them must pass before", w.gap, w.rest)
	}
	d, wants := w.wants(date)
	if wants {
		return ""
	}
	return fmt.Sprintf("it was not drawn: %.4f is not below the chance of %.4f (seed %s)", d.fraction(0), w.chance, d)
}
