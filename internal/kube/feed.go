package kube

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// noticeable is the shortest gap that is worth reporting.
	noticeable = 50 * time.Millisecond
	// backlog is how long events of a watch that was opened again may be old ones.
	backlog = 500 * time.Millisecond
	// brisk is the age below which a watch that ends counts as one that failed.
	brisk = time.Second
	// firstPause and lastPause lie between two attempts.
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Feed follows the objects of a source without missing a change: it lists them,
// watches from there, and goes on where a watch was lost. When that is not
// possible any more it lists anew. Its functions are called one at a time.
type Feed struct {
	Source Source
	// From is the resource version to watch from; "" begins with a list.
	From string
	// Opened is called when the first watch is in place; nil is left out.
	Opened func()
	// Listed receives everything that is there: at the beginning, and each time
	// after changes may have been missed. Changed receives one object that was made,
	// changed or deleted.
	Listed  func(all []runtime.Object, when Moment)
	Changed func(o runtime.Object, deleted bool, when Moment)
	// Now is our clock.
	Now func() time.Time
}

// Moment is when a change was heard of.
type Moment struct {
	At time.Time
	// Since is set when the watch was lost meanwhile: the change happened between
	// Since and At.
	Since time.Time
}

// Follow follows until ctx ends, and returns nil then. A server that does not
// answer is waited for. Errors: that of a request that the server refuses, see
// IsRefused.
func (f Feed) Follow(ctx context.Context) error {
	p := position{revision: f.From, heard: f.Now()}
	for pause := firstPause; ; {
		began := f.Now()
		err := p.attempt(ctx, &f)
		switch {
		case ctx.Err() != nil:
			return nil
		case IsRefused(err):
			return err
		case IsExpired(err):
			p.revision = ""
		}
		if f.Now().Sub(began) >= brisk {
			pause = firstPause
			if err == nil {
				continue
			}
		}
		if !events.Wait(ctx, pause) {
			return nil
		}
		pause = min(2*pause, lastPause)
	}
}

// position is how far a feed has come.
type position struct {
	// revision is the resource version up to which everything was shown.
	revision string
	// heard is when the source last said something.
	heard time.Time
	// lost and late bound the time in which events may be old: those that come
	// before late may have happened since lost.
	lost, late time.Time
	listed     bool
}

// attempt lists, where that is needed, and watches until the watch ends. A watch
// that the server ends in good order is no error.
func (p *position) attempt(ctx context.Context, f *Feed) error {
	if p.revision == "" {
		if err := p.list(ctx, f); err != nil {
			return err
		}
	}
	w, err := f.Source.Watch(ctx, metav1.ListOptions{ResourceVersion: p.revision, AllowWatchBookmarks: true})
	if err != nil {
		return err
	}
	defer w.Stop()
	p.opened(f)
	defer func() { p.lost = p.heard }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.ResultChan():
			if !open {
				return nil
			}
			if err := p.take(f, e); err != nil {
				return err
			}
		}
	}
}

// opened notes that a watch is in place.
func (p *position) opened(f *Feed) {
	if f.Opened != nil {
		f.Opened()
		f.Opened = nil
	}
	now := f.Now()
	if !p.lost.IsZero() && now.Sub(p.heard) >= noticeable {
		p.late = now.Add(backlog)
	}
	p.heard = now
}

// list shows everything that is there.
func (p *position) list(ctx context.Context, f *Feed) error {
	ctx, cancel := Brief(ctx)
	defer cancel()
	list, err := f.Source.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	about, err := meta.ListAccessor(list)
	if err != nil {
		return fmt.Errorf("read the resource version of a list: %w", err)
	}
	all, err := meta.ExtractList(list)
	if err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	when := Moment{At: f.Now()}
	if p.listed || f.From != "" {
		when.Since = p.heard
	}
	f.Listed(all, when)
	p.revision, p.heard, p.listed = about.GetResourceVersion(), when.At, true
	p.lost, p.late = time.Time{}, time.Time{}
	return nil
}

// take shows one event of a watch.
func (p *position) take(f *Feed, e watch.Event) error {
	when := Moment{At: f.Now()}
	p.heard = when.At
	if e.Type == watch.Error {
		return apierrors.FromObject(e.Object)
	}
	about, err := meta.Accessor(e.Object)
	if err != nil {
		return fmt.Errorf("read an event of a watch: %w", err)
	}
	p.revision = about.GetResourceVersion()
	if e.Type == watch.Bookmark {
		return nil
	}
	if when.At.Before(p.late) {
		when.Since = p.lost
	}
	f.Changed(e.Object, e.Type == watch.Deleted, when)
	return nil
}
