package sandbox

import (
	"net/netip"
	"testing"
)

func TestFreeSubnet(t *testing.T) {
	all := func(from, to int) []netip.Prefix {
		var taken []netip.Prefix
		for i := from; i <= to; i++ {
			taken = append(taken, subnet(i).all())
		}
		return taken
	}
	for _, test := range []struct {
		name  string
		taken []netip.Prefix
		want  subnet
		ok    bool
	}{
		{"nothing taken", nil, 64, true},
		{"other networks", []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}, 64, true},
		{"the first taken", all(64, 64), 65, true},
		{"a part of it taken", []netip.Prefix{netip.MustParsePrefix("10.64.3.0/24")}, 65, true},
		{"half taken at once", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")}, 128, true},
		{"all of 10 taken", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, 0, false},
		{"all but the last", all(64, 253), 254, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := freeSubnet(test.taken)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

func TestParseRoute(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"a network", "sd-1 0000400A 00000000 0001 0 0 0 00FFFFFF 0 0 0", "10.64.0.0/24"},
		{"through a gateway", "sd-1 0010400A 0200400A 0003 0 0 0 00F0FFFF 0 0 0", "10.64.16.0/20"},
		{"the default route", "eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0", ""},
		{"the title", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT", ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseRoute(test.line)
			if ok != (test.want != "") || ok && got.String() != test.want {
				t.Errorf("got %s, %v", got, ok)
			}
		})
	}
}

func FuzzParseRoute(f *testing.F) {
	f.Add("sd-1 0000400A 00000000 0001 0 0 0 00FFFFFF 0 0 0")
	f.Fuzz(func(t *testing.T, line string) {
		if p, ok := parseRoute(line); ok && !p.IsValid() {
			t.Errorf("%q is the network %s", line, p)
		}
	})
}
