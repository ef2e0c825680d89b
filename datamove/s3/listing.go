package s3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// errDisorder says that a listing is not in the order of the keys' bytes.
var errDisorder = errors.New("the listing is not in the order of keys")

// sortMost is how many bytes of a disorderly listing are sorted in memory, about
// sortEach of them for an object besides its texts.
const (
	sortMost = 10 << 20
	sortEach = 128
)

// listing are the objects of one end in the order of their keys, read ahead by one
// page.
type listing struct {
	pages chan page
	// stop ends the reading.
	stop func()
	done sync.WaitGroup

	// page is what is left of the page that is read.
	page []object
	last string
	any  bool
	// sorted is set where the order is known to be right.
	sorted bool
	side   string
}

// list begins a listing of all that lies below the end's prefix. Close it.
func (e *end) list(ctx context.Context) *listing {
	ctx, cancel := context.WithCancel(ctx)
	s := &listing{pages: make(chan page, 1), stop: cancel, side: e.side}
	s.done.Go(func() {
		defer close(s.pages)
		e.sendPages(ctx, s.pages)
	})
	return s
}

// close ends the listing and waits for it.
func (s *listing) close() {
	s.stop()
	s.done.Wait()
}

// next is the next object, or nil at the end.
func (s *listing) next() (*object, error) {
	for len(s.page) == 0 {
		p, open := <-s.pages
		if !open {
			return nil, nil
		}
		if p.err != nil {
			return nil, p.err
		}
		s.page = p.objects
	}
	o := &s.page[0]
	s.page = s.page[1:]
	if s.any && !s.sorted && o.rel <= s.last {
		return nil, fmt.Errorf("%w: the %s has %q after %q", errDisorder, s.side, o.rel, s.last)
	}
	s.any, s.last = true, o.rel
	return o, nil
}

// sort reads a whole listing and gives it back in order, in memory. A listing that
// is too long for that is refused.
func (s *listing) sort() error {
	var all []object
	bytes := 0
	for p := range s.pages {
		if p.err != nil {
			return p.err
		}
		for i := range p.objects {
			bytes += sortEach + len(p.objects[i].rel) + len(p.objects[i].etag)
		}
		if all = append(all, p.objects...); bytes > sortMost {
			return events.Errorf(events.KindRefused, "copy it in several copies with a prefix each",
				"listing the %s: it is not in the order of keys and is too long to be sorted in memory, at %d objects", s.side, len(all))
		}
	}
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.rel, b.rel) })
	s.page, s.sorted = all, true
	return nil
}
