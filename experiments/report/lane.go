package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// lanes is the recovery timeline as a drawing: one lane for each victim and for each
// probe that broke.
type lanes struct {
	Width, Height, Left, Right, Bottom float64
	ID, Title, Desc                    string
	Lanes                              []lane
	XTicks                             []tick
	// More says how many lanes were left out.
	More string
}

// XLabelY is the line of the labels of the axis.
func (d lanes) XLabelY() float64 { return d.Bottom + 16 }

type lane struct {
	Y, NameY float64
	Name     string
	// Class is "victim" or "probe".
	Class string
	Parts []lanePart
	Marks []laneMark
}

// lanePart is a stretch of a lane: what went on from one mark to the next.
type lanePart struct {
	X, Y, Width float64
	Class       string
}

// laneMark is a mark with its label, placed so that labels do not lie on each other.
type laneMark struct {
	X, Y, LabelX, LabelY float64
	Anchor               string
	Label, Title, Class  string
	Path                 string
	// Error is how far before X the true time may lie.
	Error float64
}

// maxLanes bounds the drawing; the table below it has every mark.
const maxLanes = 12

// newLanes draws the marks of the record.
func newLanes(r record.Record, width float64) lanes {
	groups := laneGroups(r)
	d := lanes{
		Width: width, Left: 12, Right: width - 12, ID: fmt.Sprintf("lanes-%d", int(width)),
		Title: "Recovery timeline", Desc: "One lane for each victim and for each probe that broke. The table below has the same marks.",
	}
	if len(groups) > maxLanes {
		d.More = fmt.Sprintf("%d more lanes are in the table only", len(groups)-maxLanes)
		groups = groups[:maxLanes]
	}
	at, _ := zero(r)
	c := canvas{left: d.Left + 4, right: d.Right - 4, zero: at}
	c.from, c.to = laneExtent(groups)
	y := 4.0
	for _, g := range groups {
		l, height := g.draw(c, y, width)
		d.Lanes = append(d.Lanes, l)
		y += height
	}
	d.Bottom = y + 4
	d.Height = d.Bottom + 22
	many := 8.0
	if width < 500 {
		many = 4
	}
	d.XTicks = timeTicks(c, many)
	return d
}

// laneExtent is the time from the first mark to the last, with a little air.
func laneExtent(groups []laneGroup) (from, to time.Time) {
	for _, g := range groups {
		for _, m := range g.marks {
			if from.IsZero() || m.At.Before(from) {
				from = m.At
			}
			if to.IsZero() || m.At.After(to) {
				to = m.At
			}
		}
	}
	air := max(to.Sub(from)/40, 50*time.Millisecond)
	return from.Add(-air), to.Add(air)
}

// laneGroup is the marks of one lane, oldest first.
type laneGroup struct {
	name, class string
	marks       []record.Mark
}

// laneGroups sorts the marks into lanes, in the order in which lanes begin.
func laneGroups(r record.Record) (groups []laneGroup) {
	names := victimNames(r)
	index := map[string]int{}
	for _, m := range marksInOrder(r.Recovery) {
		g := laneGroup{name: cmp.Or(names[m.Victim], cmp.Or(m.Object, m.Victim)), class: "victim"}
		key := "victim " + cmp.Or(m.Victim, m.Object)
		if m.Source == record.SourceProbe {
			g, key = laneGroup{name: cmp.Or(m.Probe, "probe"), class: "probe"}, "probe "+m.Probe
		}
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, g)
		}
		groups[i].marks = append(groups[i].marks, m)
	}
	return groups
}

// The measures of a lane, in the units of the drawing.
const (
	laneName, laneRow, laneBar, labelChar = 17.0, 14.0, 12.0, 6.1
)

// draw places one lane below y and returns its height.
func (g laneGroup) draw(c canvas, y, width float64) (lane, float64) {
	l := lane{Name: shorten(g.name, int(width/7.2)), NameY: y + 12, Class: g.class}
	marks, rows := g.place(c)
	l.Y = y + laneName + float64(rows)*laneRow + laneBar/2 + 2
	for i, m := range marks {
		m.Y, m.LabelY = l.Y, l.Y-laneBar/2-6-m.LabelY*laneRow
		m.Path = circle(m.X, m.Y, 4.2)
		if m.Class == "bad" {
			m.Path = diamond(m.X, m.Y, 5.6)
		}
		l.Marks = append(l.Marks, m)
		if i > 0 {
			from := marks[i-1].X
			l.Parts = append(l.Parts, lanePart{X: from, Y: l.Y - 2.5, Width: round(m.X - from), Class: partClass(g.marks[i-1])})
		}
	}
	return l, laneName + float64(rows)*laneRow + laneBar + 12
}

// place puts each label into the lowest row where it has room. It goes from the last
// mark to the first: labels are to the right of their marks, so the line from an
// earlier mark up to its label crosses no other label.
func (g laneGroup) place(c canvas) (placed []laneMark, rows int) {
	var begins []float64
	placed = make([]laneMark, len(g.marks))
	for i := len(g.marks) - 1; i >= 0; i-- {
		p, begin, end := newLaneMark(c, g.marks[i])
		row := 0
		for row < len(begins) && (end >= begins[row] || crossed(placed[i+1:], row, begin, end)) {
			row++
		}
		if row == len(begins) {
			begins = append(begins, 0)
		}
		begins[row] = begin - 6
		p.LabelY = float64(row)
		placed[i] = p
	}
	return placed, len(begins)
}

// crossed says whether the line of a later mark goes up through a label in the row.
func crossed(later []laneMark, row int, begin, end float64) bool {
	return slices.ContainsFunc(later, func(m laneMark) bool {
		return m.LabelY > float64(row) && m.X >= begin && m.X <= end
	})
}

// newLaneMark is a mark with its label, and from where to where the label goes.
func newLaneMark(c canvas, m record.Mark) (p laneMark, begin, end float64) {
	long, short := saying(m)
	after := m.At.Sub(c.zero)
	p = laneMark{
		X: c.x(m.At), Label: short + " " + offset(after), Class: markClass(m), Anchor: "start",
		Title: fmt.Sprintf("%s at %s%s", long, offset(after), plusMinus(m.Resolution)),
	}
	p.LabelX, p.Error = p.X, round(p.X-c.x(m.At.Add(-m.Resolution.Std())))
	length := float64(len([]rune(p.Label))) * labelChar
	if p.X+length > c.right {
		p.Anchor = "end"
		return p, p.X - length, p.X + 4
	}
	return p, p.X - 4, p.X + length
}

// partClass says what goes on after a mark.
func partClass(m record.Mark) string {
	switch markClass(m) {
	case "bad":
		return "broken"
	case "good":
		return "healed"
	}
	if m.Source == record.SourceWatch {
		return "mending"
	}
	return "healed"
}

func markClass(m record.Mark) string {
	switch {
	case m.Mark == record.MarkFirstBad, m.Proves(events.RoleSent):
		return "bad"
	case m.Mark == record.MarkSLIBack, m.Proves(events.RoleHealed):
		return "good"
	}
	return "mid"
}

// shorten cuts a name in the middle, where names of pods differ least.
func shorten(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most || most < 5 {
		return s
	}
	half := (most - 1) / 2
	return strings.TrimSpace(string(runes[:half])) + "…" + strings.TrimSpace(string(runes[len(runes)-half:]))
}
