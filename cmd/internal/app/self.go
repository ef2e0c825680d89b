package app

import (
	"net"
	"os"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos/node"
)

// podNamespace is where a pod finds the namespace that it is in.
const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// self adds to what the operator says what this process can find out about where it runs:
// the machine, and, where it works on the cluster that it is in, its pod. What cannot be
// read is left out; a guard of the faults of nodes asks for the rest.
func (a *App) self(s node.Self) node.Self {
	s.Hostname, _ = os.Hostname()
	s.Addresses = ownAddresses()
	if a.options.Kubeconfig != "" || a.options.Context != "" || a.options.Env("KUBERNETES_SERVICE_HOST") == "" {
		return s
	}
	if namespace, err := os.ReadFile(podNamespace); err == nil {
		s.Namespace, s.Pod = strings.TrimSpace(string(namespace)), s.Hostname
	}
	return s
}

// ownAddresses are those of this machine, without what every machine has.
func ownAddresses() []string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			own = append(own, n.IP.String())
		}
	}
	return own
}
