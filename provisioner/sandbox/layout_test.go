package sandbox

import (
	"net/netip"
	"testing"

	"github.com/shakedown-dev/shakedown/provisioner"
)

func TestAddressesDoNotOverlap(t *testing.T) {
	s := subnet(64)
	seen := map[netip.Addr]bool{}
	ranges := []netip.Prefix{s.services()}
	for _, a := range []netip.Addr{s.host(), s.control(), s.metrics()} {
		seen[a] = true
	}
	for i := range provisioner.MaxNodes {
		a := s.worker(i)
		if seen[a] || a.As4()[2] != 0 {
			t.Errorf("address %s of worker %d is taken", a, i)
		}
		seen[a] = true
		for _, r := range ranges {
			if r.Overlaps(s.podsOf(i)) {
				t.Errorf("pods of worker %d: %s overlaps %s", i, s.podsOf(i), r)
			}
		}
		if !s.pods().Contains(s.podsOf(i).Addr()) {
			t.Errorf("pods of worker %d: %s outside of %s", i, s.podsOf(i), s.pods())
		}
		ranges = append(ranges, s.podsOf(i))
	}
}

func TestNamesFollowFromTheDirectory(t *testing.T) {
	a, b := newLayout("/a", "demo"), newLayout("/b", "demo")
	if a.hostLink() == b.hostLink() || a.cgroup() == b.cgroup() || a.hostLink() != newLayout("/a", "demo").hostLink() {
		t.Errorf("links %s and %s", a.hostLink(), b.hostLink())
	}
	const longestInterface = 15
	if len(a.hostLink()) > longestInterface {
		t.Errorf("%s is too long for an interface", a.hostLink())
	}
	if got := providerID("demo-1", "us-east-1a"); got != "aws:///us-east-1a/i-6b01c344dbe5827be" {
		t.Errorf("provider id %s", got)
	}
}
