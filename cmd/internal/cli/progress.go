package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// heartbeat is how often a long step says that it is still at work, where no
// live line can be drawn.
const heartbeat = 30 * time.Second

// progress tells on stderr what is being done: one live line on a terminal,
// a line at start and end of each step elsewhere, JSON lines with -o json.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	now     func() time.Time
	live    bool
	json    bool
	step    string
	began   time.Time
	said    time.Time
	last    string
	verbose bool
}

func (f *factory) progress() *progress {
	return &progress{
		w: f.Err, now: f.Now, json: f.output == "json",
		live: f.ErrTTY && f.output != "json" && f.Env("NO_COLOR") == "", verbose: f.verbose,
	}
}

// Step begins a step and ends the one before it well.
func (p *progress) Step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(nil)
	p.step, p.began, p.said, p.last = name, p.now(), p.now(), ""
	switch {
	case p.json:
		p.line("step", name, "")
	case p.live:
		p.draw(name)
	default:
		fmt.Fprintf(p.w, "%s ...\n", name)
	}
}

// Count tells how far the step is.
func (p *progress) Count(done, total int) { p.Note(fmt.Sprintf("%d of %d", done, total)) }

// Note tells a detail of the step: it replaces the one before on a live line,
// and is told now and then elsewhere.
func (p *progress) Note(detail string) {
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
	case p.verbose || p.now().Sub(p.said) >= heartbeat:
		p.said = p.now()
		fmt.Fprintf(p.w, "  %s: %s (%s)\n", p.step, detail, p.took())
	}
}

// Say prints a line of its own.
func (p *progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if p.json {
		p.line("note", p.step, text)
		return
	}
	p.clear()
	fmt.Fprintln(p.w, text)
}

// Done ends the last step, with the error that ended it, if any.
func (p *progress) Done(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(err)
}

func (p *progress) end(err error) {
	if p.step == "" {
		return
	}
	mark := "done"
	if err != nil {
		mark = "failed"
	}
	p.finish(mark, p.step, p.took())
	p.step = ""
}

// finish prints the end of a step.
func (p *progress) finish(mark, step string, took time.Duration) {
	if p.json {
		p.line(mark, step, took.String())
		return
	}
	p.clear()
	fmt.Fprintf(p.w, "%s: %s (%s)\n", step, mark, took)
}

// tell shows one line: alive on a terminal, plain elsewhere.
func (p *progress) tell(kind, step, detail, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.json:
		p.line(kind, step, detail)
	case p.live:
		p.draw(text)
	default:
		fmt.Fprintln(p.w, text)
	}
}

// ended prints the end of one of several steps.
func (p *progress) ended(mark, step string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish(mark, step, took)
}

func (p *progress) took() time.Duration { return p.now().Sub(p.began).Round(100 * time.Millisecond) }

func (p *progress) draw(text string) {
	p.clear()
	fmt.Fprint(p.w, strings.ReplaceAll(text, "\n", " "))
}

func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *progress) line(kind, step, detail string) {
	writeJSONLine(p.w, struct {
		Type   string    `json:"type"`
		Step   string    `json:"step,omitempty"`
		Detail string    `json:"detail,omitempty"`
		At     time.Time `json:"at"`
	}{kind, step, detail, p.now().UTC()})
}
