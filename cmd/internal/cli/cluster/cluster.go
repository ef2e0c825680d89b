// Package cluster has the commands on clusters. They ask the server that runs; when none
// does they work in this process, since a sandbox needs no server.
package cluster

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// New is the command cluster with those below it.
func New(d *kit.Deps) *cobra.Command {
	return kit.Group("cluster", "Kubernetes clusters: made on this machine, or registered",
		newCreate(d), newList(d), newShow(d), newKubeconfig(d), newDestroy(d))
}
