package kit

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// Server says which server a command speaks to: the one of `shakedown up` in the data
// directory, another one, or none, with the services in this process.
type Server struct {
	access natsbus.Access
	local  standalone
}

// Flags adds the flags that say where the NATS server is.
func (s *Server) Flags(flags *pflag.FlagSet) { NATSFlags(flags, &s.access) }

// OwnFlag adds the flag of commands that can do a server's work themselves.
func (s *Server) OwnFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&s.local.wanted, "standalone", false, "work in this process, also when a server runs")
}

// Named says that a server was named, so that no other one and no work in this process
// will do.
func (s *Server) Named() bool { return s.access.URL != "" }

// NATSFlags adds the flags that say where a NATS server is and how to be let in.
func NATSFlags(flags *pflag.FlagSet, access *natsbus.Access) {
	flags.StringVar(&access.URL, "nats", "", "`url` of the NATS server (default: the one of `shakedown up` in the data directory); one with a password is better given by SHAKEDOWN_NATS")
	flags.StringVar(&access.Token, "nats-token", "", "`token` for the NATS server; better given by SHAKEDOWN_NATS_TOKEN")
	flags.StringVar(&access.CredentialsFile, "nats-creds", "", "credentials `file` for the NATS server")
	flags.StringVar(&access.Inbox, "nats-inbox", "", "`prefix` of the subjects of answers, where the user of the NATS server may read no others (default _INBOX)")
	flags.StringVar(&access.API, "nats-api", "", "`prefix` of the API of JetStream, where the user's account imports it from another one (default $JS.API)")
	flags.StringVar(&access.CAFile, "nats-ca", "", "`file` with the CA of the NATS server")
	config.Need(flags, "nats", "nats-token", "nats-creds", "nats-inbox", "nats-api", "nats-ca")
}

// Session is a connection to a server: one that runs, or one that lives in this
// process for the time of the command.
type Session struct {
	Bus   *natsbus.Bus
	Stamp events.Stamp
	// local says that the services end with the session.
	local bool
	close func() error
}

// Open connects; the caller closes the session.
func (d *Deps) Open(ctx context.Context, server *Server) (*Session, error) {
	return d.connect(ctx, server)
}

// WithSession connects, runs work and closes, whatever happens.
func (d *Deps) WithSession(ctx context.Context, server *Server, work func(*Session) error) error {
	session, err := d.connect(ctx, server)
	if err != nil {
		return err
	}
	err = work(session)
	if closing := session.Close(); err == nil {
		err = closing
	}
	return err
}

func (d *Deps) connect(ctx context.Context, server *Server) (*Session, error) {
	if server.local.wanted {
		return d.standalone(ctx, server.local.options)
	}
	access, err := d.access(server)
	if err != nil {
		return nil, err
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown-cli", Visit: true})
	if err != nil {
		return nil, events.Errorf(events.KindUnavailable,
			"start one with: shakedown up (or give --nats; commands that can do without a server take --standalone)",
			"reach the server: %w", err)
	}
	return &Session{Bus: bus, Stamp: d.Stamp(), close: bus.Close}, nil
}

func (d *Deps) access(server *Server) (natsbus.Access, error) {
	if server.Named() {
		return server.access, nil
	}
	return natsbus.ReadAccess(d.Data())
}

// Running is a session with the server that runs and for which answers returns nil, or
// nil when this process is to do the work: none runs, none of it answers, or the flag
// says so. A server that was named must be there.
func (d *Deps) Running(ctx context.Context, server *Server, answers func(context.Context, *Session) error) (*Session, error) {
	if server.local.wanted {
		return nil, nil
	}
	session, err := d.connect(ctx, server)
	if err == nil {
		if err = answers(ctx, session); err == nil {
			return session, nil
		}
		_ = session.Close() // what counts is that it does not answer
	}
	if events.KindOf(err) == events.KindUnavailable && !server.Named() {
		return nil, nil
	}
	return nil, err
}

// Local says that the services run in this process and end with the session.
func (s *Session) Local() bool { return s.local }

// Close ends the session.
func (s *Session) Close() error { return s.close() }

// patience is how long a call may take before the server counts as absent.
const patience = 10 * time.Second

// Ask makes a call, with patience.
func Ask[Req, Resp any](ctx context.Context, s *Session, c events.Call[Req, Resp], req Req) (Resp, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.Ask(ctx, events.Explained{Caller: s.Bus}, s.Stamp.First(""), req)
}

// Query makes a call in a session of its own and shows the answer.
func Query[Req, Resp any](
	ctx context.Context, d *Deps, server *Server, c events.Call[Req, Resp], req Req, view func(Resp) Result,
) error {
	return d.WithSession(ctx, server, func(s *Session) error {
		answer, err := Ask(ctx, s, c, req)
		if err != nil {
			return err
		}
		return d.Show(view(answer))
	})
}
