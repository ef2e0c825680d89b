package kit

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/internal/html"
)

// heartbeat is how often a long step says that it is still at work, where no live
// line can be drawn.
const heartbeat = 30 * time.Second

// Progress shows on stderr what is being done: one live line on a terminal, a line
// at start and end of each step elsewhere, JSON lines with -o json.
type Progress struct {
	w             io.Writer
	now           func() time.Time
	live, json    bool
	verbose       bool
	mu            sync.Mutex
	step, last    string
	began, spoken time.Time
}

// Progress begins to show steps one after the other.
func (d *Deps) Progress() *Progress {
	return &Progress{
		w: d.Err, now: d.Now, json: d.Output == "json",
		live: d.ErrTTY && d.Output != "json" && d.Env("NO_COLOR") == "", verbose: d.Verbose,
	}
}

// Step begins a step and ends the one before it well.
func (p *Progress) Step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(nil)
	p.step, p.began, p.spoken, p.last = name, p.now(), p.now(), ""
	switch {
	case p.json:
		p.line("step", name, "")
	case p.live:
		p.draw(name)
	default:
		p.print("%s ...\n", html.Line(name))
	}
}

// Note shows a detail of the step: it replaces the one before on a live line, and is
// shown now and then elsewhere.
func (p *Progress) Note(detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if detail == p.last {
		return
	}
	p.last = detail
	switch {
	case p.json:
		p.line("progress", p.step, detail)
	case p.live:
		p.draw(p.step + ": " + detail)
	case p.verbose || p.now().Sub(p.spoken) >= heartbeat:
		p.spoken = p.now()
		p.print("  %s: %s (%s)\n", html.Line(p.step), detail, p.took())
	}
}

// Say prints a line of its own.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if p.json {
		p.line("note", p.step, text)
		return
	}
	p.clear()
	p.print("%s\n", text)
}

// Done ends the last step, with the error that ended it, if any.
func (p *Progress) Done(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(err)
}

func (p *Progress) end(err error) {
	if p.step != "" {
		p.finish(p.step, p.took(), err)
		p.step = ""
	}
}

// finish prints the end of a step.
func (p *Progress) finish(step string, took time.Duration, err error) {
	mark := "done"
	switch {
	case isInterruption(err):
		mark = "interrupted"
	case err != nil:
		mark = "failed"
	}
	if p.json {
		p.line(mark, step, took.String())
		return
	}
	p.clear()
	p.print("%s: %s (%s)\n", html.Line(step), mark, took)
}

func (p *Progress) took() time.Duration { return p.now().Sub(p.began).Round(100 * time.Millisecond) }

func (p *Progress) draw(text string) {
	p.clear()
	p.print("%s", html.Line(text))
}

// print writes text that others may have written parts of.
func (p *Progress) print(format string, args ...any) {
	_, _ = io.WriteString(p.w, html.Plain(fmt.Sprintf(format, args...))) // there is nowhere to report that stderr is gone
}

func (p *Progress) clear() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *Progress) line(kind, step, detail string) {
	writeJSONLine(p.w, struct {
		Type   string    `json:"type"`
		Step   string    `json:"step,omitempty"`
		Detail string    `json:"detail,omitempty"`
		At     time.Time `json:"at"`
	}{kind, step, detail, p.now().UTC()})
}
