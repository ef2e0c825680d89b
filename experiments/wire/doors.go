package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// errBarred is the error of what no door leads to.
var errBarred = errors.New("the server may not ask this host")

// door is one entry of the list of what may be asked: names or a network, and a port.
type door struct {
	// name is an exact name, or all below it where it begins with a dot; any is every name
	// and address.
	name string
	any  bool
	// network is valid where the entry is an address or a network.
	network netip.Prefix
	port    uint16 // 0 is every port
}

type doors []door

// readDoors reads entries such as "shop.example:443", "*.example", "10.0.0.0/8:80",
// "[fd00::/8]:80" and "*". Errors: *events.Error of KindInvalid.
func readDoors(entries []string) (doors, error) {
	var all doors
	for _, entry := range entries {
		d, err := readDoor(strings.ToLower(strings.TrimSpace(entry)))
		if err != nil {
			return nil, events.Errorf(events.KindInvalid, "name hosts such as shop.example:443, *.shop.example or 10.0.0.0/8",
				"what probes may ask: %q %w", entry, err)
		}
		all = append(all, d)
	}
	return all, nil
}

func readDoor(entry string) (d door, err error) {
	host, port := entry, ""
	switch i := strings.LastIndex(entry, ":"); {
	case strings.HasPrefix(entry, "["):
		end := strings.Index(entry, "]")
		if end < 0 {
			return d, errors.New("has no ]")
		}
		host, port = entry[1:end], entry[end+1:]
		if port != "" && port[0] != ':' {
			return d, errors.New("has something other than a port after ]")
		}
		port = strings.TrimPrefix(port, ":")
	case i >= 0 && strings.Count(entry, ":") == 1:
		if host, port = entry[:i], entry[i+1:]; port == "" {
			return d, errors.New("has no port after the colon")
		}
	}
	if port != "" {
		if d.port, err = readPort(port); err != nil {
			return d, err
		}
	}
	return d, d.readHost(host)
}

func (d *door) readHost(host string) error {
	if network, err := netip.ParsePrefix(host); err == nil {
		d.network = network.Masked()
		return nil
	}
	if address, err := netip.ParseAddr(host); err == nil {
		d.network = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		return nil
	}
	d.any, d.name = host == "*", strings.TrimPrefix(host, "*")
	if bare := strings.TrimPrefix(d.name, "."); !d.any && (bare == "" || !isName(bare) || (d.name[0] == '.') != (host[0] == '*')) {
		return errors.New("is neither a host, nor *.domain, nor a network")
	}
	return nil
}

func readPort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("has the port %q, want 1 to 65535", text)
	}
	return uint16(n), nil
}

// isName says whether a text has the characters of a host name.
func isName(host string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return len(host) <= 254
}

// isHost says whether a text has the form of a host name or of an address.
func isHost(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || isName(host)
}

// named says whether the list has the name of a host.
func (all doors) named(host string, port uint16) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, d := range all {
		below := strings.HasPrefix(d.name, ".") && strings.HasSuffix(host, d.name)
		if d.leadsTo(port) && (d.any || below || d.name != "" && host == d.name) {
			return true
		}
	}
	return false
}

func (d door) leadsTo(port uint16) bool { return d.port == 0 || d.port == port }

// lets is nil when a connection to the address may be made, which the host stands for.
func (all doors) lets(host string, to netip.AddrPort) error {
	address := to.Addr().Unmap().WithZone("")
	for _, d := range all {
		if d.network.IsValid() && d.leadsTo(to.Port()) && d.network.Contains(address) {
			return nil
		}
	}
	named := all.named(host, to.Port())
	switch {
	case named && (ordinary(address) || address.IsLoopback() && isLocalhost(host) && all.has("localhost")):
		return nil
	case named:
		return fmt.Errorf("%w: %s is %s, which takes an entry of its own", errBarred, host, to)
	}
	return fmt.Errorf("%w: %s, which is not among its --probe-hosts", errBarred, to)
}

func (all doors) has(name string) bool {
	for _, d := range all {
		if d.name == name {
			return true
		}
	}
	return false
}

func isLocalhost(host string) bool {
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// ordinary says whether a name may stand for the address.
func ordinary(a netip.Addr) bool {
	metadata := netip.MustParsePrefix("fd00:ec2::/32") // that of EC2 over IPv6
	return a.IsGlobalUnicast() && !a.IsLoopback() && !metadata.Contains(a)
}

// hopeless says that a host can surely not be asked: a name may resolve to an address of a
// network in the list.
func (all doors) hopeless(host string, port uint16) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return all.lets(host, netip.AddrPortFrom(address, port)) != nil
	}
	for _, d := range all {
		if d.network.IsValid() {
			return false
		}
	}
	return !all.named(host, port)
}
