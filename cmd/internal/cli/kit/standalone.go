package kit

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
)

// standalone is what a command without a server needs.
type standalone struct {
	wanted  bool
	options app.Options
}

// InProcess is no server that runs: the services run in this process, as the options say.
func InProcess(o app.Options) *Server { return &Server{local: standalone{wanted: true, options: o}} }

// StandaloneFlags adds the flags of commands that can do without a server. Only the
// services run that are named, if some are, so nothing is asked for that only others
// need.
func (s *Server) StandaloneFlags(flags *pflag.FlagSet, services ...string) {
	s.local.options.Services = services
	flags.BoolVar(&s.local.wanted, "standalone", false, "run the services in this process for the time of the command")
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.local.options.AddFlags(own, false)
	flags.AddFlagSet(own)
	own.VisitAll(func(f *pflag.Flag) { config.Need(flags, "standalone", f.Name) })
}

// CheckWait refuses to go away before the services in this process have worked.
func (s *Server) CheckWait(command string, wait bool) error {
	if s.local.wanted && !wait {
		return Usagef(command, "--wait=false needs a server: with --standalone nobody works after the command")
	}
	return nil
}

// WaitFlags are those of a command that waits for what it has asked for.
func WaitFlags(flags *pflag.FlagSet, wait *bool, usage string, timeout *time.Duration, limit time.Duration, how string) {
	flags.BoolVar(wait, "wait", true, usage)
	flags.DurationVar(timeout, "timeout", limit, how)
	config.Need(flags, "wait", "timeout")
}

// Documents are what services in this process know, as a server does by --specs.
func (s *Server) Documents(documents []spec.Document) { s.local.options.Documents = documents }

// OnlyAnswers lets services in this process answer, and work on no request that is left
// from before.
func (s *Server) OnlyAnswers() { s.local.options.Answering = true }

// Only lets no other services run in this process than these.
func (s *Server) Only(services ...string) { s.local.options.Services = services }

// ReadingFlag adds the flag of commands that can read the data directory themselves.
func (s *Server) ReadingFlag(flags *pflag.FlagSet) {
	s.local.options = app.Options{Services: []string{"experiments"}, Reading: true}
	flags.BoolVar(&s.local.wanted, "standalone", false, "read the runs of the data directory in this process, where no server runs")
}

// standalone runs the services in this process until the session is closed.
func (d *Deps) standalone(ctx context.Context, o app.Options) (*Session, error) {
	o.OneShot = true
	a, err := app.New(ctx, d.AppOptions(o))
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- a.Run(running) }()
	end := func() error {
		cancel()
		return <-done
	}
	select {
	case <-a.Ready():
		return &Session{Bus: a.Bus(), Stamp: d.Stamp(), local: true, close: end}, nil
	case err := <-done:
		cancel()
		return nil, err
	case <-ctx.Done():
		return nil, end()
	}
}
