// Package events has the commands on what the services say to each other.
package events

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// New is the command events with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("events", "What the services say to each other, and what none could handle",
		newWatch(d), newList(d),
		kit.Group("dlq", "The dead letters: events that a group could not handle",
			newDeadList(d), newDeadShow(d), newDeadReplay(d), newDeadDrop(d)))
}
