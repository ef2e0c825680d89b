package doctor

import (
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// server is what a server has answered.
type server struct {
	// err is why it does not answer; unsafe is what is wrong with the connection to its NATS.
	err      error
	unsafe   []*events.Error
	usage    events.StoreUsage
	services []events.ServiceState
	runs     *events.RunRetention
}

// checkups reports what has been answered.
func (s server) checkups() []checkup {
	list := []checkup{newCheckup("server", "shakedown up", "answers", s.err)}
	for _, w := range s.unsafe {
		list = append(list, newCheckup("nats", "connection", "", w))
	}
	if s.err != nil {
		return list
	}
	return slices.Concat(list, installationCheckups(s.usage.Installation), serviceCheckups(s.services, "runs"),
		storeCheckups(s.usage), replicaCheckups(s.usage), retentionCheckups(s.runs))
}
