package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path/filepath"
)

// The addresses of a sandbox, all within one network of 16 bits chosen for it:
// the node network holds the host, the control plane and the workers, service
// addresses follow, and the upper half is divided into one pod network per node.
const (
	hostNumber    = 1
	controlNumber = 2
	metricsNumber = 3
	firstWorker   = 11
	apiPort       = 6443
)

// subnet is the second byte of a sandbox's network 10.x.0.0/16.
type subnet byte

func (s subnet) all() netip.Prefix  { return s.prefix(0, 16) }
func (s subnet) pods() netip.Prefix { return s.prefix(128, 17) }

// services is the range of the cluster's service addresses.
func (s subnet) services() netip.Prefix { return s.prefix(16, 20) }

// dns is the service address of the cluster's DNS.
func (s subnet) dns() netip.Addr { return s.addr(16, 10) }

// apiService is the service address of the API server, the first of the range.
func (s subnet) apiService() netip.Addr { return s.addr(16, 1) }

// host is the address of this machine on the sandbox's node network.
func (s subnet) host() netip.Addr { return s.addr(0, hostNumber) }

// control is the address of the control plane.
func (s subnet) control() netip.Addr { return s.addr(0, controlNumber) }

// metrics is the address of the Prometheus add-on.
func (s subnet) metrics() netip.Addr { return s.addr(0, metricsNumber) }

// worker is the address of the worker with that index, from 0.
func (s subnet) worker(index int) netip.Addr { return s.addr(0, byte(firstWorker+index)) }

// podsOf is the pod network of the worker with that index, from 0.
func (s subnet) podsOf(index int) netip.Prefix { return s.prefix(byte(128+index), 24) }

func (s subnet) addr(third, fourth byte) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(s), third, fourth})
}

func (s subnet) prefix(third byte, bits int) netip.Prefix {
	return netip.PrefixFrom(s.addr(third, 0), bits)
}

// onNodeNetwork writes an address with the node network's prefix length.
func onNodeNetwork(a netip.Addr) string { return netip.PrefixFrom(a, 24).String() }

// layout names everything a sandbox makes. The names follow from where the
// sandbox's directory is, so what a killed process left behind is found again.
type layout struct {
	// dir is the sandbox's directory; id distinguishes the sandboxes of a host.
	dir string
	id  string
}

// newLayout is the layout of the sandbox with that name below the data directory.
func newLayout(dataDir, name string) layout {
	dir := filepath.Join(dataDir, "clusters", name)
	sum := sha256.Sum256([]byte(dir))
	return layout{dir: dir, id: hex.EncodeToString(sum[:4])}
}

func (l layout) record() string             { return filepath.Join(l.dir, "cluster.json") }
func (l layout) lock() string               { return l.dir + ".lock" }
func (l layout) kubeconfig() string         { return filepath.Join(l.dir, "kubeconfig") }
func (l layout) pki() string                { return filepath.Join(l.dir, "pki") }
func (l layout) program() string            { return filepath.Join(l.dir, "machine") }
func (l layout) machines() string           { return filepath.Join(l.dir, "machines") }
func (l layout) machine(name string) string { return filepath.Join(l.machines(), name) }

// hostLink is the one interface a sandbox has on the host.
func (l layout) hostLink() string { return "sd-" + l.id }

// cgroup is the sandbox's control group; its machines have one each below it.
func (l layout) cgroup() string { return "/shakedown-" + l.id }

// machineCgroup is the control group of one machine.
func (l layout) machineCgroup(name string) string { return l.cgroup() + "/" + name }

// controlName is the name of the control plane's machine.
func controlName(cluster string) string { return cluster + "-control" }

// metricsName is the name of the Prometheus add-on's machine.
func metricsName(cluster string) string { return cluster + "-prometheus" }

// workerName is the name of the worker with that index, from 0.
func workerName(cluster string, index int) string { return fmt.Sprintf("%s-%d", cluster, index+1) }

// The zones and the type that nodes claim to have, as EC2 instances would.
const (
	region       = "us-east-1"
	instanceType = "m5.large"
)

// zoneOf spreads the workers over three zones.
func zoneOf(index int) string { return region + string(rune('a'+index%3)) }

// providerID is the EC2 instance that a node claims to be; it follows from its
// name, so a node that was off has the same one again.
func providerID(name, zone string) string {
	sum := sha256.Sum256([]byte(name))
	return "aws:///" + zone + "/i-" + hex.EncodeToString(sum[:])[:17]
}

// machineID is a machine's own id, which follows from its name.
func machineID(name string) string {
	sum := sha256.Sum256([]byte("machine " + name))
	return hex.EncodeToString(sum[:16])
}
