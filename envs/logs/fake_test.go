package logs

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// fake is a cluster in memory. It answers as the API server and the kubelet do: at whole
// seconds, of the newest file of a log, with the times of the runtime.
type fake struct {
	mu      sync.Mutex
	changed *sync.Cond
	pods    []*fakeContainer
	// known are the components; refused is the error of each Read.
	known   []string
	refused error
	// opened counts the logs that are open, and most is the highest count.
	opened, most int
}

func newFake(components ...string) *fake {
	f := &fake{known: components}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// fakeContainer is a container with the logs of its last two instances.
type fakeContainer struct {
	f         *fake
	shown     Container
	current   *fakeLog
	previous  *fakeLog
	instances int
	gone      bool
	// cuts counts how often the connections to it were cut; clean ones end in good order.
	cuts  int
	clean bool
}

// fakeLog is the log of an instance: its files, the newest one last.
type fakeLog struct {
	files [][]fakeLine
	ended bool
}

type fakeLine struct {
	at   time.Time
	text string
}

func (l *fakeLog) newest() int { return len(l.files) - 1 }

// add starts a container.
func (f *fake) add(component, pod, name string) *fakeContainer {
	c := &fakeContainer{f: f, shown: Container{Source: Source{component, pod, name}, PodUID: "uid-" + pod}}
	c.start()
	c.publish()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pods = append(f.pods, c)
	f.changed.Broadcast()
	return c
}

func (c *fakeContainer) do(change func()) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	change()
	c.f.changed.Broadcast()
}

// start starts an instance; the log of the one before becomes the previous one.
func (c *fakeContainer) start() {
	c.do(func() {
		c.previous, c.current = c.current, &fakeLog{files: [][]fakeLine{nil}}
		c.instances++
	})
}

// publish lets the API server know how the container is.
func (c *fakeContainer) publish() {
	c.do(func() {
		running := !c.current.ended
		if c.instances > 1 && c.shown.Instance != fmt.Sprint(c.instances) {
			c.shown.Died = time.Now()
		}
		c.shown.Instance, c.shown.Running = fmt.Sprint(c.instances), running
	})
}

// end ends the instance.
func (c *fakeContainer) end() { c.do(func() { c.current.ended = true }) }

// over ends it for good.
func (c *fakeContainer) over() {
	c.do(func() { c.current.ended, c.shown.Running, c.shown.Over = true, false, true })
}

// remove removes the pod.
func (c *fakeContainer) remove() { c.do(func() { c.gone = true }) }

// cut breaks the connections to the container.
func (c *fakeContainer) cut() { c.do(func() { c.cuts++ }) }

// rotate begins a new file.
func (c *fakeContainer) rotate() {
	c.do(func() { c.current.files = append(c.current.files, nil) })
}

// write writes a line at the present time.
func (c *fakeContainer) write(text string) { c.writeAt(time.Now(), text) }

// unfinished writes a line without its end.
func (c *fakeContainer) unfinished(text string) {
	c.do(func() {
		file := &c.current.files[c.current.newest()]
		*file = append(*file, fakeLine{time.Now(), time.Now().UTC().Format(time.RFC3339Nano) + " " + text})
	})
}

func (c *fakeContainer) writeAt(at time.Time, text string) {
	c.do(func() {
		file := &c.current.files[c.current.newest()]
		*file = append(*file, fakeLine{at, at.UTC().Format(time.RFC3339Nano) + " " + text + "\n"})
	})
}

// Components are those that it was made with.
func (f *fake) Components(_ context.Context, environment string) ([]string, error) {
	if environment != "shop" {
		return nil, events.Errorf(events.KindNotFound, "", "there is no environment %s", environment)
	}
	return f.known, nil
}

// Watch shows the containers after each change.
func (f *fake) Watch(ctx context.Context, _ string, show func([]Container) bool) error {
	defer context.AfterFunc(ctx, f.changed.Broadcast)()
	var before []Container
	for first := true; ; first = false {
		f.mu.Lock()
		for !first && ctx.Err() == nil && slices.Equal(before, f.list()) {
			f.changed.Wait()
		}
		before = f.list()
		f.mu.Unlock()
		if ctx.Err() != nil || !show(slices.Clone(before)) {
			return nil
		}
	}
}

func (f *fake) list() (all []Container) {
	for _, c := range f.pods {
		if !c.gone {
			all = append(all, c.shown)
		}
	}
	return all
}

// Read opens a log.
func (f *fake) Read(ctx context.Context, _ string, of Container, o ReadOptions) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.pods, func(c *fakeContainer) bool { return c.shown.key() == of.key() && !c.gone })
	switch {
	case f.refused != nil:
		return nil, f.refused
	case i < 0:
		return nil, ErrNoLog
	}
	c := f.pods[i]
	l := c.current
	if o.Previous {
		l = c.previous
	}
	if l == nil {
		return nil, ErrNoLog
	}
	f.opened++
	f.most = max(f.most, f.opened)
	b := &fakeBody{c: c, log: l, o: o, ctx: ctx, cuts: c.cuts, file: l.newest()}
	if o.Tail > 0 {
		b.next = max(0, len(l.files[b.file])-o.Tail)
	}
	b.stop = context.AfterFunc(ctx, f.changed.Broadcast)
	return b, nil
}

// fakeBody is an open log.
type fakeBody struct {
	c    *fakeContainer
	log  *fakeLog
	o    ReadOptions
	ctx  context.Context
	cuts int
	// next is the line of the file that is sent next; rest is what is left of the one before.
	file, next int
	rest       string
	stop       func() bool
}

// Read sends what there is, and waits for more where it follows.
func (b *fakeBody) Read(p []byte) (int, error) {
	f := b.c.f
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case b.ctx.Err() != nil:
			return 0, b.ctx.Err()
		case b.cuts != b.c.cuts && b.c.clean:
			return 0, io.EOF
		case b.cuts != b.c.cuts:
			return 0, io.ErrUnexpectedEOF
		case b.rest != "":
			n := copy(p, b.rest)
			b.rest = b.rest[n:]
			return n, nil
		case b.advance():
		case !b.o.Follow || b.log.ended || b.c.gone:
			return 0, io.EOF
		default:
			f.changed.Wait()
		}
	}
}

// advance takes the next line that is young enough. At the end of a file it goes to the
// newest one.
func (b *fakeBody) advance() bool {
	since := b.o.Since.Truncate(time.Second)
	for {
		for file := b.log.files[b.file]; b.next < len(file); {
			line := file[b.next]
			b.next++
			if !line.at.Before(since) {
				b.rest = line.text
				return true
			}
		}
		if b.file == b.log.newest() {
			return false
		}
		b.file, b.next = b.log.newest(), 0
	}
}

// Close closes the log.
func (b *fakeBody) Close() error {
	b.stop()
	b.c.f.mu.Lock()
	defer b.c.f.mu.Unlock()
	b.c.f.opened--
	return nil
}
