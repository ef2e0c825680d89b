package kit

import (
	"context"
	"time"

	"github.com/spf13/pflag"

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

// NATSFlags adds the flags that say where a NATS server is and how to be let in.
func NATSFlags(flags *pflag.FlagSet, access *natsbus.Access) {
	flags.StringVar(&access.URL, "nats", "", "`url` of the NATS server (default: the one of `shakedown up` in the data directory)")
	flags.StringVar(&access.Token, "nats-token", "", "`token` for the NATS server; better given by SHAKEDOWN_NATS_TOKEN")
	flags.StringVar(&access.CredentialsFile, "nats-creds", "", "credentials `file` for the NATS server")
	flags.StringVar(&access.CAFile, "nats-ca", "", "`file` with the CA of the NATS server")
}

// Session is a connection to a server: one that runs, or one that lives in this
// process for the time of the command.
type Session struct {
	Bus   *natsbus.Bus
	Stamp events.Stamp
	close func() error
}

// WithSession connects, runs work and closes, whatever happens.
func (d *Deps) WithSession(ctx context.Context, server *Server, work func(*Session) error) error {
	session, err := d.connect(ctx, server)
	if err != nil {
		return err
	}
	err = work(session)
	if closing := session.close(); err == nil {
		err = closing
	}
	return err
}

func (d *Deps) connect(ctx context.Context, server *Server) (*Session, error) {
	if server.local.wanted {
		return d.standalone(ctx, server.local.options)
	}
	access := server.access
	if access.URL == "" {
		found, err := natsbus.ReadAccess(d.Data())
		if err != nil {
			return nil, err
		}
		access = found
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown-cli"})
	if err != nil {
		return nil, events.Errorf(events.KindUnavailable,
			"start one with: shakedown up (or give --nats; commands that can do without a server take --standalone)",
			"reach the server: %w", err)
	}
	return &Session{Bus: bus, Stamp: d.Stamp(), close: bus.Close}, nil
}

// patience is how long a call may take before the server counts as absent.
const patience = 10 * time.Second

// Ask makes a call, with patience.
func Ask[Req, Resp any](ctx context.Context, s *Session, c events.Call[Req, Resp], req Req) (Resp, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.Ask(ctx, s.Bus, s.Stamp.First(""), req)
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
