package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// plot is a probe's samples as geometry in a drawing of Width by Height.
type plot struct {
	Width, Height, Left, Right, Top, Bottom float64
	// Title and Desc are for those who do not see the drawing.
	ID, Title, Desc string
	YTicks, XTicks  []tick
	// Lines are the stretches between gaps; Threshold is drawn dashed.
	Lines     []string
	Threshold string
	// ThresholdY and ThresholdLabel place the words beside it.
	ThresholdY     float64
	ThresholdLabel string
	Points         []point
	Recoveries     []band
	Outages        []band
	Faults         []tick
	Phases         []band
	// Missing are samples without a value, drawn on a strip of their own.
	Missing  []point
	MissingY float64
	Empty    string
}

// The places that the template asks for.

// PlotHeight is the height of the part with the values.
func (d plot) PlotHeight() float64 { return d.Bottom - d.Top }

// LabelX is where the labels of the vertical axis end.
func (d plot) LabelX() float64 { return d.Left - 7 }

// XLabelY is the line of the labels of the horizontal axis.
func (d plot) XLabelY() float64 { return d.Bottom + 30 }

// PhaseY and PhaseTextY place the strip of the phases.
func (d plot) PhaseY() float64 { return d.Height - 18 }

// PhaseTextY is the line of the phases' names.
func (d plot) PhaseTextY() float64 { return d.Height - 7 }

// FaultTop is where the line of a fault begins.
func (d plot) FaultTop() float64 { return d.Top - 18 }

// FaultTextY is the line of the faults' names.
func (d plot) FaultTextY() float64 { return d.Top - 8 }

// WhiskerY is where the error bars of outages are drawn.
func (d plot) WhiskerY() float64 { return d.Top + 6 }

// ThresholdTextY is above the threshold, or below where there is no room.
func (d plot) ThresholdTextY() float64 {
	if d.ThresholdY-d.Top < 16 {
		return d.ThresholdY + 14
	}
	return d.ThresholdY - 5
}

// Centre and MiddleY are the middle of the drawing.
func (d plot) Centre() float64 { return (d.Left + d.Right) / 2 }

// MiddleY is the middle of the part with the values.
func (d plot) MiddleY() float64 { return (d.Top + d.Bottom) / 2 }

type tick struct {
	At    float64
	Label string
	// Anchor is where the text begins: start, middle or end.
	Anchor string
}

type point struct {
	X, Y  float64
	Class string
	Title string
	// Path draws a shape that tells bad from good without colour.
	Path string
}

type band struct {
	X, Width float64
	// Early is how far the true start may lie before X: the error bar.
	Early        float64
	Label, Title string
}

// TextX is the middle of the band.
func (b band) TextX() float64 { return round(b.X + b.Width/2) }

// canvas maps times and values to a drawing.
type canvas struct {
	from, to              time.Time
	low, high             float64
	left, right, top, bot float64
	zero                  time.Time
}

func (c canvas) x(at time.Time) float64 {
	share := finite(at.Sub(c.from).Seconds() / c.to.Sub(c.from).Seconds())
	return round(c.left + (c.right-c.left)*min(1, max(0, share)))
}

func (c canvas) y(v float64) float64 {
	share := finite(v/2-c.low/2) / finite(c.high/2-c.low/2)
	return round(c.bot - (c.bot-c.top)*min(1, max(0, finite(share))))
}

// band is a stretch of time on the canvas, at least a hairline wide.
func (c canvas) band(s stretch, label string) band {
	x := c.x(s.from)
	return band{X: x, Width: max(1, round(c.x(s.to)-x)), Label: label, Title: label}
}

// newPlot draws one probe of the record.
func newPlot(r record.Record, index int, width float64) plot {
	p := r.Probes[index]
	narrow := width < 500
	height := 250.0
	if narrow {
		height = 220
	}
	holding, breaking, _ := count(p)
	measured := holding+breaking > 0
	if !measured {
		height = 120
	}
	at, _ := zero(r)
	from, to := extent(r)
	low, high := valueRange(p)
	c := canvas{from: from, to: to, low: low, high: high, left: 56, right: width - 16, top: 30, bot: height - 58, zero: at}
	if narrow {
		c.left, c.right = 44, width-8
	}
	text, _ := standing(p)
	d := plot{
		Width: width, Height: height, Left: c.left, Right: c.right, Top: c.top, Bottom: c.bot,
		ID: fmt.Sprintf("plot-%d-%d", index, int(width)), MissingY: c.bot + 9,
		Title: p.Name + " over time", Desc: text + ". " + describe(r, p),
	}
	d.axes(c, narrow)
	d.samples(c, p)
	d.bands(c, r, p)
	if !measured {
		d.Empty = "no value was ever measured"
		d.YTicks, d.Threshold, d.ThresholdLabel = nil, "", ""
	}
	return d
}

// describe tells the drawing in words.
func describe(r record.Record, p record.ProbeSeries) string {
	at, injected := zero(r)
	if !injected {
		return "Nothing was injected."
	}
	var b strings.Builder
	b.WriteString("The fault is at +0 s.")
	for _, o := range p.Outages {
		fmt.Fprintf(&b, " Out from %s for %s.", offset(o.Started.Sub(at)), lasted(o))
	}
	return b.String()
}

// lasted is how long an outage was.
func lasted(o record.Outage) string {
	if o.Out != nil {
		return between(*o.Out)
	}
	return html.Span(o.Duration.Std()) + plusMinus(o.Resolution)
}

func (d *plot) axes(c canvas, narrow bool) {
	for _, v := range niceTicks(c.low, c.high, 4) {
		d.YTicks = append(d.YTicks, tick{At: c.y(v), Label: number(v)})
	}
	many := 8.0
	if narrow {
		many = 4
	}
	d.XTicks = timeTicks(c, many)
}

// timeTicks marks offsets from zero.
func timeTicks(c canvas, many float64) (ticks []tick) {
	low, high := c.from.Sub(c.zero).Seconds(), c.to.Sub(c.zero).Seconds()
	for _, s := range niceTicks(low, high, many) {
		d := time.Duration(s * float64(time.Second))
		ticks = append(ticks, tick{At: c.x(c.zero.Add(d)), Label: offset(d), Anchor: "middle"})
	}
	return ticks
}

// samples draws what was measured: lines that break where a value is missing.
func (d *plot) samples(c canvas, p record.ProbeSeries) {
	var line, wanted []string
	wantedY := 0.0
	flush := func() {
		if len(line) > 1 {
			d.Lines = append(d.Lines, strings.Join(line, " "))
		}
		line = nil
	}
	samples := sorted(p.Samples)
	for i, s := range samples {
		if i > 0 && s.At.Sub(samples[i-1].At) > gapAfter(p) {
			flush()
		}
		x := c.x(s.At)
		if s.Wanted != nil {
			wantedY = c.y(*s.Wanted)
			wanted = append(wanted, coordinates(x, wantedY))
		}
		if s.Value == nil || s.Problem != nil {
			flush()
			d.Missing = append(d.Missing, missing(c, s, x, d.MissingY))
			continue
		}
		y := c.y(*s.Value)
		line = append(line, coordinates(x, y))
		if !s.OK || len(p.Samples) <= maxDots {
			d.Points = append(d.Points, sampled(c, s, x, y))
		}
	}
	flush()
	d.threshold(c, p, wanted, wantedY)
}

// maxDots bounds the number of good samples that are drawn as dots; bad ones always are.
const maxDots = 400

// gapAfter is how far apart two samples may be and still be joined by a line.
func gapAfter(p record.ProbeSeries) time.Duration {
	return max(3*p.Resolution.Std(), 3*time.Second)
}

// threshold draws the condition: a line, or for readiness what was wanted each time.
func (d *plot) threshold(c canvas, p record.ProbeSeries, wanted []string, wantedY float64) {
	switch {
	case len(wanted) > 1:
		d.Threshold, d.ThresholdY, d.ThresholdLabel = strings.Join(wanted, " "), wantedY, "wanted"
	case len(wanted) == 0:
		d.ThresholdY = c.y(p.Value)
		d.Threshold = coordinates(c.left, d.ThresholdY) + " " + coordinates(c.right, d.ThresholdY)
		d.ThresholdLabel = "wanted " + condition(p)
	}
}

func sampled(c canvas, s record.Sample, x, y float64) point {
	text := fmt.Sprintf("%s: %s", offset(s.At.Sub(c.zero)), number(*s.Value))
	if s.Wanted != nil {
		text += " of " + number(*s.Wanted)
	}
	if s.OK {
		return point{X: x, Y: y, Class: "dot good", Title: text + ", holds", Path: circle(x, y, 2.6)}
	}
	if s.Why != "" {
		text += " (" + s.Why + ")"
	}
	return point{X: x, Y: y, Class: "dot bad", Title: text + ", does not hold", Path: diamond(x, y, 4.6)}
}

func missing(c canvas, s record.Sample, x, y float64) point {
	text := offset(s.At.Sub(c.zero)) + ": no value"
	if s.Problem != nil {
		text += fmt.Sprintf(" (%s: %s)", s.Problem.Kind, s.Problem.Message)
	}
	return point{X: x, Y: y, Class: "missing", Title: text, Path: cross(x, y, 3.2)}
}

// bands shades the recovery, the outages with their error bars, and marks the faults.
func (d *plot) bands(c canvas, r record.Record, p record.ProbeSeries) {
	for _, s := range recoveries(r) {
		d.Recoveries = append(d.Recoveries, c.band(s, "fault to recovery"))
	}
	for i, s := range outages(p, c.to) {
		b := c.band(s, "out for "+lasted(p.Outages[i]))
		b.Early = round(b.X - c.x(s.from.Add(-p.Outages[i].Resolution.Std())))
		d.Outages = append(d.Outages, b)
	}
	for _, s := range byStep(r.Steps) {
		if s.Injected.IsZero() {
			continue
		}
		x, anchor := c.x(s.Injected), "start"
		if x > (c.left+c.right)/2 {
			anchor = "end"
		}
		d.Faults = append(d.Faults, tick{At: x, Label: s.Kind, Anchor: anchor})
	}
	for _, ph := range r.Phases {
		if ph.Started.IsZero() || ph.Ended.IsZero() || !ph.Ended.After(c.from) || !ph.Started.Before(c.to) {
			continue
		}
		b := c.band(stretch{ph.Started, ph.Ended}, ph.Name)
		if b.Width < float64(len(ph.Name))*5.6 {
			b.Label = ""
		}
		d.Phases = append(d.Phases, b)
	}
}

// valueRange is what the vertical axis shows: all values and the threshold, and for
// ratios never more than 1.
func valueRange(p record.ProbeSeries) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	include := func(v float64) { low, high = min(low, v), max(high, v) }
	wanted := false
	for _, s := range p.Samples {
		if s.Value != nil {
			include(*s.Value)
		}
		if s.Wanted != nil {
			include(*s.Wanted)
			wanted = true
		}
	}
	if wanted {
		include(0)
	} else {
		include(p.Value)
	}
	ratio := low >= 0 && high <= 1
	pad := finite(high/2-low/2) * 0.16
	if pad == 0 {
		pad = max(math.Abs(high)*0.05, 0.01)
	}
	low, high = finite(low-pad), finite(high+pad)
	if wanted || ratio {
		low = max(low, 0)
	}
	return low, high
}

// niceTicks are round numbers between low and high, about many of them.
func niceTicks(low, high, many float64) (ticks []float64) {
	width := finite(high - low)
	if width <= 0 {
		return nil
	}
	raw := width / many
	magnitude := math.Pow(10, math.Floor(math.Log10(raw)))
	step := magnitude * 10
	for _, m := range []float64{1, 2, 5} {
		if m*magnitude >= raw {
			step = m * magnitude
			break
		}
	}
	if step <= 0 || math.IsInf(step, 0) {
		return nil
	}
	first := math.Ceil(low / step)
	for i := range int(many) + 2 {
		v := (first + float64(i)) * step
		if v > high || math.IsInf(v, 0) {
			break
		}
		ticks = append(ticks, math.Round(v/step)*step)
	}
	return ticks
}

// finite keeps arithmetic on absurd records within the drawing.
func finite(v float64) float64 {
	switch {
	case math.IsNaN(v):
		return 0
	case math.IsInf(v, 0):
		return math.Copysign(math.MaxFloat64/4, v)
	}
	return v
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

func coordinates(x, y float64) string { return fmt.Sprintf("%g,%g", x, y) }

func circle(x, y, r float64) string {
	return fmt.Sprintf("M%g %ga%g %g 0 1 0 %g 0a%g %g 0 1 0 %g 0z", round(x-r), y, r, r, 2*r, r, r, -2*r)
}

func diamond(x, y, r float64) string {
	return fmt.Sprintf("M%g %gl%g %gl%g %gl%g %gz", x, round(y-r), r, r, -r, r, -r, -r)
}

func cross(x, y, r float64) string {
	return fmt.Sprintf("M%g %gl%g %gm%g 0l%g %g", round(x-r), round(y-r), 2*r, 2*r, -2*r, 2*r, -2*r)
}
