package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// The names of the interfaces inside a machine.
const (
	bridgeName = "br0"
	cableName  = "eth0"
	uplinkName = "host"
)

// plug puts the machine's cable in: from the host to a machine with a switch,
// and from the switch to any other.
func plug(spec Spec, pid int) error {
	inside, err := openNetwork(pid)
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := inside.up("lo"); err != nil {
		return err
	}
	name := cableName
	if spec.Network.Switch != nil {
		name = bridgeName
		err = plugSwitch(inside, *spec.Network.Switch)
	} else {
		err = plugCable(inside, spec.Network)
	}
	if err != nil {
		return err
	}
	if err := inside.address(name, spec.Network.Address); err != nil {
		return err
	}
	return inside.routes(name, spec.Network.Routes)
}

// plugSwitch makes the bridge and its cable to the host.
func plugSwitch(inside *network, sw Switch) error {
	if err := inside.LinkAdd(&netlink.Bridge{LinkAttrs: attrs(bridgeName)}); err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	if err := inside.up(bridgeName); err != nil {
		return err
	}
	here, err := hostNetwork()
	if err != nil {
		return err
	}
	defer here.Close()
	if err := here.cable(sw.HostLink, inside, uplinkName); err != nil {
		return err
	}
	if err := inside.attach(uplinkName); err != nil {
		return err
	}
	if err := here.address(sw.HostLink, sw.HostAddress); err != nil {
		return err
	}
	return here.routes(sw.HostLink, sw.HostRoutes)
}

// plugCable plugs the machine into the switch of its uplink.
func plugCable(inside *network, n Network) error {
	id, err := readIdentity(n.Uplink)
	if err != nil {
		return fmt.Errorf("the machine with the switch: %w", err)
	}
	if now, err := identify(id.PID); err != nil || now != id {
		return errors.New("the machine with the switch does not run")
	}
	uplink, err := openNetwork(id.PID)
	if err != nil {
		return err
	}
	defer uplink.Close()
	if err := uplink.remove(n.Port); err != nil {
		return err
	}
	if err := uplink.cable(n.Port, inside, cableName); err != nil {
		return err
	}
	return uplink.attach(n.Port)
}

// unplug pulls the machine's cable. Connections that its processes had are not
// closed but fall silent, as when a machine loses its power; and a namespace
// that the kernel keeps for a while is cut off.
func unplug(spec Spec) error {
	if sw := spec.Network.Switch; sw != nil {
		here, err := hostNetwork()
		if err != nil {
			return err
		}
		defer here.Close()
		return here.remove(sw.HostLink)
	}
	id, err := readIdentity(spec.Network.Uplink)
	if err != nil {
		return nil //nolint:nilerr // no switch was ever made, so nothing is plugged in
	}
	if now, err := identify(id.PID); err != nil || now != id {
		return nil //nolint:nilerr // the switch is gone, and the cable with it
	}
	uplink, err := openNetwork(id.PID)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil // it ended just now, or has and was not collected yet
	}
	if err != nil {
		return err
	}
	defer uplink.Close()
	return uplink.remove(spec.Network.Port)
}

// network is a network namespace.
type network struct {
	*netlink.Handle
	ns netns.NsHandle
}

// openNetwork opens the network namespace of a process.
func openNetwork(pid int) (*network, error) {
	ns, err := netns.GetFromPid(pid)
	if err != nil {
		return nil, fmt.Errorf("network namespace of process %d: %w", pid, err)
	}
	return newNetwork(ns)
}

// hostNetwork opens the namespace this process is in.
func hostNetwork() (*network, error) {
	ns, err := netns.Get()
	if err != nil {
		return nil, err
	}
	return newNetwork(ns)
}

// newNetwork takes the namespace over.
func newNetwork(ns netns.NsHandle) (*network, error) {
	handle, err := netlink.NewHandleAt(ns)
	if err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return &network{Handle: handle, ns: ns}, nil
}

// Close lets the namespace go.
func (n *network) Close() {
	n.Handle.Close()
	_ = n.ns.Close()
}

// cable makes a pair of interfaces, one end here and the other over there.
func (n *network) cable(here string, over *network, there string) error {
	pair := &netlink.Veth{LinkAttrs: attrs(here), PeerName: there, PeerNamespace: netlink.NsFd(over.ns)}
	if err := n.LinkAdd(pair); err != nil {
		return fmt.Errorf("cable %s: %w", here, err)
	}
	return n.up(here)
}

// attach plugs an interface into the bridge.
func (n *network) attach(name string) error {
	link, err := n.LinkByName(name)
	if err != nil {
		return err
	}
	bridge, err := n.LinkByName(bridgeName)
	if err != nil {
		return err
	}
	if err := n.LinkSetMaster(link, bridge); err != nil {
		return fmt.Errorf("plugging %s in: %w", name, err)
	}
	return n.up(name)
}

// address gives the interface its address and switches it on.
func (n *network) address(name, cidr string) error {
	link, err := n.LinkByName(name)
	if err != nil {
		return err
	}
	address, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	if err := n.AddrAdd(link, address); err != nil {
		return fmt.Errorf("address %s on %s: %w", cidr, name, err)
	}
	return n.up(name)
}

// routes adds routes through the interface.
func (n *network) routes(name string, routes []Route) error {
	link, err := n.LinkByName(name)
	if err != nil {
		return err
	}
	for _, r := range routes {
		_, dst, err := net.ParseCIDR(r.Network)
		if err != nil {
			return err
		}
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Gw: net.ParseIP(r.Via)}
		if err := n.RouteAdd(route); err != nil {
			return fmt.Errorf("route %s via %s: %w", r.Network, r.Via, err)
		}
	}
	return nil
}

// up switches an interface on.
func (n *network) up(name string) error {
	link, err := n.LinkByName(name)
	if err != nil {
		return err
	}
	return n.LinkSetUp(link)
}

// remove deletes an interface if it exists: the kernel takes a moment to do so
// after the other end's machine is gone.
func (n *network) remove(name string) error {
	link, err := n.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := n.LinkDel(link); err != nil && !errors.Is(err, syscall.ENODEV) {
		return err
	}
	return nil
}

// attrs names a new interface.
func attrs(name string) netlink.LinkAttrs {
	a := netlink.NewLinkAttrs()
	a.Name = name
	return a
}
