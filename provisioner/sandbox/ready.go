package sandbox

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// awaitReady waits for the API server, sets the cluster up, and waits until
// every node is Ready.
func (s *sandbox) awaitReady(ctx context.Context, p provisioner.Progress) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	a, err := newAPI(s.record, s.layout)
	if err != nil {
		return err
	}
	defer a.Close()
	var last error
	steps := []struct {
		what string
		do   func() error
	}{
		{"the API server", func() error { return a.ready(ctx) }},
		{"rights and DNS service", func() error { return bootstrap(ctx, a, s.record) }},
		{"nodes", func() error { return s.nodesReady(ctx, a) }},
		{"rules of services", func() error { return s.proxiesReady(ctx) }},
		{"controllers", func() error { return a.takesPods(ctx) }},
		{"names", func() error { return resolves(ctx, s.record.Subnet) }},
	}
	for _, step := range steps {
		p.StepNote(stepReady, "waiting for "+step.what)
		err := poll(ctx, func() (bool, error) {
			last = step.do()
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("%w: %w (logs in %s)", err, last, s.layout.machines())
		}
	}
	return nil
}

// nodesReady is nil when every worker is Ready.
func (s *sandbox) nodesReady(ctx context.Context, a *api) error {
	ready, err := a.readyNodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range s.record.Nodes {
		if !ready[n.Name] {
			return fmt.Errorf("node %s is not Ready", n.Name)
		}
	}
	return nil
}

// proxiesReady is nil when services are reachable from every machine.
func (s *sandbox) proxiesReady(ctx context.Context) error {
	addresses := []netip.Addr{s.record.Subnet.control()}
	for _, n := range s.record.Nodes {
		addresses = append(addresses, n.Address)
	}
	for _, address := range addresses {
		url := fmt.Sprintf("http://%s/healthz", netip.AddrPortFrom(address, proxyHealthPort))
		if !answers(ctx, url) {
			return fmt.Errorf("kube-proxy at %s is not ready", address)
		}
	}
	return nil
}
