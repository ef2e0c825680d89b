package experiment

import (
	"context"
	"errors"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// follow starts a run and shows its phases until it has a verdict.
func follow(ctx context.Context, d *kit.Deps, s *kit.Session, start events.RunStart) error {
	meta := s.Stamp.First(start.Run)
	p := d.Progress()
	p.Step("run " + start.Run)
	var outcome error
	publish := func(ctx context.Context) error { return events.RunStartTopic.Publish(ctx, s.Bus, meta, start) }
	next := kit.Onward{
		What: "run " + start.Run, Follow: "shakedown events watch --since 1h --correlation " + start.Run, End: `shakedown chaos stop --reason "..."`,
	}
	err := s.Follow(ctx, start.Run, next, publish, func(e events.Envelope) bool {
		switch e.Type {
		case events.RunProgressedTopic.Type():
			var progressed events.RunProgressed
			_, progressed, outcome = events.RunProgressedTopic.Parse(e)
			p.Note(strings.TrimSuffix(progressed.Phase+": "+progressed.Message, ": "))
			return outcome != nil
		case events.RunFinishedTopic.Type():
			return true
		default:
			return false
		}
	})
	err = errors.Join(err, outcome)
	p.Done(err)
	return err
}
