package sandbox

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
)

// The second bytes a sandbox's network can have.
const (
	firstSubnet = 64
	lastSubnet  = 254
)

// chooseSubnet returns the first network that nothing on this machine reaches
// and that no other sandbox was promised.
func chooseSubnet(promised []subnet) (subnet, error) {
	taken, err := hostNetworks()
	if err != nil {
		return 0, err
	}
	for _, s := range promised {
		taken = append(taken, s.all())
	}
	return freeSubnet(taken)
}

// freeSubnet is the first network that overlaps none of those taken.
func freeSubnet(taken []netip.Prefix) (subnet, error) {
next:
	for i := firstSubnet; i <= lastSubnet; i++ {
		for _, t := range taken {
			if t.Overlaps(subnet(i).all()) {
				continue next
			}
		}
		return subnet(i), nil
	}
	return 0, errors.New("every network 10.64.0.0/16 to 10.254.0.0/16 is in use on this machine")
}

// hostNetworks are the networks of this machine's interfaces and routes, but
// for the default route.
func hostNetworks() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var found []netip.Prefix
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			found = append(found, p.Masked())
		}
	}
	file, err := os.Open("/proc/net/route")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if p, ok := parseRoute(lines.Text()); ok {
			found = append(found, p)
		}
	}
	return found, nil
}

// parseRoute reads a line of /proc/net/route: the destination and the mask are
// hexadecimal, in the byte order of the machine.
func parseRoute(line string) (netip.Prefix, bool) {
	fields := strings.Fields(line)
	if len(fields) < 8 {
		return netip.Prefix{}, false
	}
	dst, err1 := hex.DecodeString(fields[1])
	mask, err2 := hex.DecodeString(fields[7])
	if err1 != nil || err2 != nil || len(dst) != 4 || len(mask) != 4 {
		return netip.Prefix{}, false
	}
	var d, m [4]byte
	binary.NativeEndian.PutUint32(d[:], binary.BigEndian.Uint32(dst))
	binary.NativeEndian.PutUint32(m[:], binary.BigEndian.Uint32(mask))
	ones, _ := net.IPMask(m[:]).Size()
	return netip.PrefixFrom(netip.AddrFrom4(d), ones), ones > 0
}
