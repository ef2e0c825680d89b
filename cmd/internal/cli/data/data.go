// Package data has the commands on copies of data. They work in this process: a copy
// needs no server.
package data

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// New is the command data with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("data", "Data between environments: MySQL/MariaDB, Redis and S3, masked and proven equal",
		newPlan(d), newCopy(d), newVerify(d), newClassify(d))
}
