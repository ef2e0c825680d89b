package envs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// bucket keeps the newest request for each name. It is no second record of the
// environments: it says what was asked for and whether that is done.
const bucket = "envs-requests"

// request is what was asked for last for one name.
type request struct {
	Name string `json:"name"`
	// Asked is the event's metadata. Its ID tells requests apart, its Time which
	// one is the latest.
	Asked events.Meta `json:"asked"`
	// Create is nil when the environment is to be destroyed, for Reason.
	Create *events.EnvironmentCreate `json:"create,omitempty"`
	Reason string                    `json:"reason,omitempty"`
	// Begun says that the deletion may have begun.
	Begun bool `json:"begun,omitempty"`
	// Done is when the outcome was told; zero while there is work to do.
	Done  time.Time    `json:"done,omitzero"`
	Lease events.Lease `json:"lease,omitzero"`
}

func (r request) done() bool { return !r.Done.IsZero() }

func (r request) verb() string {
	if r.Create == nil {
		return "destroy"
	}
	return "create"
}

func (r request) origin() Origin {
	return Origin{Template: r.Create.Template, Project: r.Create.Project, Revision: r.Create.Revision}
}

// Reasons why a request is not recorded.
var (
	errKnown = errors.New("the event was taken before")
	errLate  = errors.New("a later request for the same name was taken before")
)

// admit decides whether a request takes the place of the one that is recorded.
// The lease stays: who works on the old one finds the new one there. Errors:
// errKnown, errLate.
func admit(old, asked request) (request, error) {
	switch {
	case old.Asked.ID == asked.Asked.ID:
		return old, errKnown
	case asked.Asked.Time.Before(old.Asked.Time):
		return old, errLate
	}
	asked.Lease = old.Lease
	return asked, nil
}

// record puts the request in its place. Errors: errKnown, errLate; others are
// worth another try.
func (s *Service) record(ctx context.Context, rows events.Table[request], asked request) error {
	key := events.Key(asked.Name)
	err := rows.Create(ctx, key, asked)
	if !errors.Is(err, events.ErrExists) {
		return err
	}
	_, err = rows.Modify(ctx, key, func(row *request) (err error) {
		*row, err = admit(*row, asked)
		return err
	})
	if err != nil && !errors.Is(err, errKnown) && !errors.Is(err, errLate) {
		return fmt.Errorf("record the request for environment %s: %w", asked.Name, err)
	}
	return err
}

// Reasons why there is nothing to work on.
var (
	errDone = errors.New("the request is done")
	errHeld = errors.New("another server works on it")
)

// take leases the request for this server. Errors: errDone, errHeld,
// events.ErrNotFound.
func (s *Service) take(ctx context.Context, rows events.Table[request], name string) (request, error) {
	return rows.Modify(ctx, events.Key(name), func(row *request) error {
		now := s.Stamp.Now()
		switch {
		case row.done():
			return errDone
		case !row.Lease.Free(s.Owner, now):
			return errHeld
		}
		row.Lease = row.Lease.Take(s.Owner, now, s.Config.Lease)
		return nil
	})
}

// Reasons why work on a request ends before it is done.
var (
	errSuperseded = errors.New("a later request for the environment has come")
	errLost       = errors.New("the lease on the request is lost")
)

// renew holds the lease. Errors: errSuperseded, errLost; others are worth another
// try until the lease lapses.
func (s *Service) renew(ctx context.Context, rows events.Table[request], mine request) error {
	_, err := rows.Modify(ctx, events.Key(mine.Name), func(row *request) error {
		switch {
		case row.Lease.Owner != s.Owner:
			return errLost
		case row.Asked.ID != mine.Asked.ID:
			return errSuperseded
		}
		row.Lease = row.Lease.Take(s.Owner, s.Stamp.Now(), s.Config.Lease)
		return nil
	})
	return err
}

// release gives the lease back; done says that the outcome has been told.
func (s *Service) release(ctx context.Context, rows events.Table[request], mine request, done bool) error {
	_, err := rows.Modify(ctx, events.Key(mine.Name), func(row *request) error {
		if row.Lease.Owner == s.Owner {
			row.Lease = events.Lease{}
		}
		if done && row.Asked.ID == mine.Asked.ID {
			row.Done = s.Stamp.Now()
		}
		return nil
	})
	return err
}

// begin notes that the deletion is about to start, so that a server which finds
// the namespace gone after a crash knows who it was.
func (s *Service) begin(ctx context.Context, rows events.Table[request], mine request) error {
	_, err := rows.Modify(ctx, events.Key(mine.Name), func(row *request) error {
		if row.Asked.ID != mine.Asked.ID {
			return errSuperseded
		}
		row.Begun = true
		return nil
	})
	return err
}
