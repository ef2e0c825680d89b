// Package env has the commands on environments.
package env

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// New is the command env with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("env", "Environments: namespaces with given component versions",
		newCreate(d), newList(d), newShow(d), newLogs(d), newExtend(d), newAdopt(d), newDestroy(d))
}

// services are those that bring environments up: a seed is refused or copied by datamove.
func services() []string { return []string{"envs", "datamove"} }
