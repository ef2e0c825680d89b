package kit

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
)

// FaultKinds are the kinds of faults of the server that runs, which may be of another
// version, or of this program where none does.
func (d *Deps) FaultKinds(ctx context.Context, server *Server) (events.FaultKinds, error) {
	var kinds events.FaultKinds
	session, err := d.Running(ctx, server, func(ctx context.Context, s *Session) (err error) {
		kinds, err = Ask(ctx, s, events.FaultKindsCall, events.Nothing{})
		return err
	})
	switch {
	case err != nil:
		return kinds, err
	case session == nil:
		return app.FaultKinds(), nil
	}
	return kinds, session.Close()
}
