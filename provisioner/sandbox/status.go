package sandbox

import (
	"context"
	"strings"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// status is the sandbox as it is now.
func (s *sandbox) status(ctx context.Context) provisioner.Status {
	c := s.record
	status := provisioner.Status{
		Name: c.Name, Driver: provisioner.DriverSandbox, Version: c.Version, Created: c.Created,
		State: provisioner.StateReady, Nodes: []provisioner.Node{},
	}
	if c.State != stateRunning {
		status.State, status.Reason = provisioner.StateBroken, "half made or half destroyed: "+c.State
		return status
	}
	status.Server = c.server()
	ready, err := s.askNodes(ctx)
	if err != nil {
		status.State, status.Reason = provisioner.StateBroken, err.Error()
	}
	var missing []string
	for _, n := range c.Nodes {
		p, _ := s.process1(n.Name)
		status.Nodes = append(status.Nodes, provisioner.Node{
			Name: n.Name, Ready: ready[n.Name], Powered: p.alive(), Address: n.Address.String(),
			Zone: n.Zone, InstanceType: n.InstanceType, ProviderID: n.ProviderID,
		})
		if !ready[n.Name] {
			missing = append(missing, n.Name)
		}
	}
	if status.State == provisioner.StateReady && len(missing) > 0 {
		status.State, status.Reason = provisioner.StateDegraded, "not Ready: "+strings.Join(missing, ", ")
	}
	return status
}

// askNodes asks the API server which nodes are Ready.
func (s *sandbox) askNodes(ctx context.Context) (map[string]bool, error) {
	a, err := newAPI(s.record, s.layout)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.readyNodes(ctx)
}
