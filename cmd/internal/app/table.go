package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// Service is one row of the table of services: all that the rest of the program
// knows of it. A new service is a file with its row, and a line in Services.
type Service struct {
	// Name is what `serve` takes and what events, logs and metrics call it.
	Name string
	// Summary says in one line what it does.
	Summary string
	// Needs must be there before it takes work.
	Needs []Need
	// For is a service without which it does not run in a server that is to run all: what
	// it takes in would be done by nobody. It stands before this one in the table.
	For string
	// Kinds are the documents that files hold for it, by kind.
	Kinds map[string]func() spec.Validator
	// Flags adds the flags that only this service has; nil if there are none. Their
	// values stay in the row, for when it is opened.
	Flags func(*pflag.FlagSet)
	// ServerFlags adds those that mean something only to a server, which outlives a
	// command; nil if there are none.
	ServerFlags func(*pflag.FlagSet)
	// open joins the service; a nil runner has nothing to run.
	open func(context.Context, *App) (runner, error)
}

// runner is what a service offers that has work to do.
type runner interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
}

// Services is the table. Services are opened in this order and stopped in the
// reverse one: experiments end their faults while chaos is there to revert them.
// Each call makes rows of their own, so two apps share no settings.
func Services() []Service {
	return []Service{
		provisionerService(), envsService(), chaosService(), experimentsService(), datamoveService(), webhookService(envsService().Name),
		monkeyService(runService), notifyService(),
	}
}

// Names are the names of all services, sorted.
func Names() []string {
	var names []string
	for _, s := range Services() {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}

// Kinds are the kinds of documents that files may hold.
func Kinds() map[string]func() spec.Validator {
	kinds := hostnames()
	for _, s := range Services() {
		maps.Copy(kinds, s.Kinds)
	}
	return kinds
}

// unknown reports a name that no service has.
func unknown(names []string) error {
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return events.Errorf(events.KindInvalid, "known are "+strings.Join(Names(), ", "), "service %q is not known", name)
		}
	}
	return nil
}
