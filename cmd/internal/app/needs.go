package app

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
)

// Need is something outside of the process without which a service cannot work.
type Need struct {
	// Name is its area in what `doctor` prints.
	Name string
	// Flags adds the flags that say where it is.
	Flags func(*pflag.FlagSet, *Options)
	// Named says whether the options name it; `doctor` checks what is named.
	Named func(Options) bool
	// Absent says that the options do not name it, and that it is in no usual place.
	Absent func(Options) bool
	// What it is, in words, and the Advice how to give it.
	What, Advice string
	// Check asks whether it is there and lets us in; nil if there is nobody to ask.
	Check func(context.Context, Options) (Found, error)
}

// Found is what a check asked, and the answer. Object is set also with an error.
type Found struct{ Object, Answer string }

// missing is the error of a service that cannot do without.
func (n Need) missing(service string) error {
	return events.Errorf(events.KindInvalid, n.Advice, "the service %s needs %s, and none is named", service, n.What)
}

// Needs are all that services may need, in the order in which they are checked.
func Needs() []Need { return []Need{clusterNeed(), prometheusNeed(), listenerNeed(), notifierNeed()} }

// Checkup is what the check of one need came to.
type Checkup struct {
	Area string
	Found
	Err error
}

// Checkups checks every need that the options name. Nothing is changed.
func Checkups(ctx context.Context, o Options) []Checkup {
	var list []Checkup
	for _, n := range Needs() {
		if n.Check == nil || !n.Named(o) {
			continue
		}
		found, err := n.Check(ctx, o)
		list = append(list, Checkup{Area: n.Name, Found: found, Err: err})
	}
	return list
}

// preflight checks what the services need, so that a wrong address is reported at
// the start and not in the middle of a run.
func (a *App) preflight(ctx context.Context) error {
	for _, n := range Needs() {
		if n.Check == nil || !a.need(n.Name) {
			continue
		}
		if _, err := n.Check(ctx, a.options); err != nil {
			return err
		}
	}
	return nil
}
