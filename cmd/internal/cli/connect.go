package cli

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// natsFlags say where the NATS server is, when it is not the one that `up` runs
// in the data directory.
type natsFlags struct {
	url, token, creds, ca string
}

func (n *natsFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&n.url, "nats", "", "`url` of the NATS server (default: the one of `shakedown up` in the data directory)")
	flags.StringVar(&n.token, "nats-token", "", "`token` for the NATS server; better given by SHAKEDOWN_NATS_TOKEN")
	flags.StringVar(&n.creds, "nats-creds", "", "credentials `file` for the NATS server")
	flags.StringVar(&n.ca, "nats-ca", "", "`file` with the CA of the NATS server")
}

func (n *natsFlags) access() natsbus.Access {
	return natsbus.Access{URL: n.url, Token: n.token, CredentialsFile: n.creds, CAFile: n.ca}
}

// session is a connection to a server: one that runs, or one that lives in this
// process for the time of the command.
type session struct {
	bus   *natsbus.Bus
	stamp events.Stamp
	close func() error
}

// serverFlags are the flags of commands that talk to a server.
type serverFlags struct {
	nats       natsFlags
	standalone bool
	server     upOptions
}

func (s *serverFlags) add(flags *pflag.FlagSet) { s.nats.add(flags) }

// addStandalone adds the flags of commands that can do without a server.
func (s *serverFlags) addStandalone(flags *pflag.FlagSet) {
	flags.BoolVar(&s.standalone, "standalone", false, "run the services in this process for the time of the command")
	s.server.addServices(flags)
}

// connect reaches the server, or starts one in this process with --standalone.
func (f *factory) connect(ctx context.Context, s *serverFlags) (*session, error) {
	if s.standalone {
		return f.standalone(ctx, s)
	}
	access := s.nats.access()
	if access.URL == "" {
		found, err := natsbus.ReadAccess(f.data())
		if err != nil {
			return nil, err
		}
		access = found
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown-cli"})
	if err != nil {
		return nil, noServer(err)
	}
	return &session{bus: bus, stamp: f.stamp(), close: bus.Close}, nil
}

func noServer(err error) error {
	return events.Errorf(events.KindUnavailable,
		"start one with: shakedown up (or give --nats; commands that can do without a server take --standalone)",
		"reach the server: %w", err)
}

// standalone runs the services in this process until the session is closed.
func (f *factory) standalone(ctx context.Context, s *serverFlags) (*session, error) {
	options, err := s.server.options(f)
	if err != nil {
		return nil, err
	}
	options.Listen = ""
	a, err := app.New(ctx, options)
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
		return &session{bus: a.Bus(), stamp: f.stamp(), close: end}, nil
	case err := <-done:
		cancel()
		return nil, err
	case <-ctx.Done():
		return nil, end()
	}
}

// follow publishes a request and shows what comes of it until finished takes an
// event as the end, or ctx ends. It watches before it publishes, so nothing is
// missed.
func (s *session) follow(
	ctx context.Context, correlation string, publish func(context.Context) error, finished func(events.Envelope) bool,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	seen := false
	filter := events.Filter{Correlation: correlation, Ready: func() {
		if failed = publish(ctx); failed != nil {
			cancel()
		}
	}}
	err := s.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		seen = finished(e)
		return !seen
	})
	if failed != nil {
		return failed
	}
	if err == nil && !seen {
		return context.Cause(ctx)
	}
	return err
}

// patience is how long a question may take before the server counts as absent.
const patience = 10 * time.Second

// askServer asks a question with the usual patience.
func askServer[Req, Resp any](ctx context.Context, s *session, c events.Call[Req, Resp], req Req) (Resp, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.Ask(ctx, s.bus, s.stamp.First(""), req)
}

// withSession connects, runs work and closes, whatever happens.
func (f *factory) withSession(ctx context.Context, s *serverFlags, work func(*session) error) error {
	session, err := f.connect(ctx, s)
	if err != nil {
		return err
	}
	err = work(session)
	if closing := session.close(); err == nil {
		err = closing
	}
	return err
}
