package apply

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// target is where documents are applied: the server that runs, or this process.
type target struct {
	d       *kit.Deps
	server  *kit.Server
	wait    bool
	timeout time.Duration
	opened  *kit.Session
}

// session is the connection to the server; it is opened when it is needed first.
func (t *target) session(ctx context.Context) (*kit.Session, error) {
	if t.opened != nil {
		return t.opened, nil
	}
	var err error
	t.opened, err = t.d.Open(ctx, t.server)
	return t.opened, err
}

// outcome is that of a request for an environment that went well.
func (t *target) outcome() Outcome {
	if t.wait {
		return Done
	}
	return Asked
}

// close ends the session.
func (t *target) close() error {
	if t.opened == nil {
		return nil
	}
	return t.opened.Close()
}

// refusal is an error that says no to what was asked, nil for any other.
func refusal(err error) *events.Error {
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindRefused && e.Kind != events.KindInvalid {
		return nil
	}
	return e
}
