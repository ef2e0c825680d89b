// Package chaos has the commands on faults, their ledger and the emergency stop.
package chaos

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// New is the command chaos with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("chaos", "Faults, the ledger and the emergency stop",
		newStatus(d), newFaults(d), newPlan(d), newArm(d), newDisarm(d), newRBAC(d), newStop(d), newResume(d), newLedger(d), newVeto(d), newExplain(d))
}
