package wire

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

func TestDoors(t *testing.T) {
	for _, tc := range []struct {
		name, entries, host, to string
		want                    bool
	}{
		{"named", "shop.example", "shop.example", "10.1.2.3:80", true},
		{"named in capitals with a dot", "Shop.example", "SHOP.example.", "10.1.2.3:80", true},
		{"another name", "shop.example", "other.example", "10.1.2.3:80", false},
		{"a name that ends like it", "shop.example", "myshop.example", "10.1.2.3:80", false},
		{"its port", "shop.example:443", "shop.example", "10.1.2.3:443", true},
		{"another port", "shop.example:443", "shop.example", "10.1.2.3:22", false},
		{"below a domain", "*.example", "a.shop.example", "10.1.2.3:80", true},
		{"the domain itself", "*.example", "example", "10.1.2.3:80", false},
		{"a domain that ends like it", "*.shop.example", "myshop.example", "10.1.2.3:80", false},
		{"a name for this machine", "*.example", "a.example", "127.0.0.1:80", false},
		{"a name for this machine over IPv6", "*.example", "a.example", "[::1]:80", false},
		{"a name for this machine, mapped", "*.example", "a.example", "[::ffff:127.0.0.1]:80", false},
		{"a name for the metadata", "*.example", "a.example", "169.254.169.254:80", false},
		{"a name for the metadata over IPv6", "*", "a.example", "[fd00:ec2::254]:80", false},
		{"a name for nothing", "*", "a.example", "0.0.0.0:80", false},
		{"a name for many", "*", "a.example", "224.0.0.1:80", false},
		{"everything", "*", "a.example", "10.1.2.3:80", true},
		{"everything on a port", "*:443", "a.example", "10.1.2.3:80", false},
		{"everything, and this machine", "*", "localhost", "127.0.0.1:80", false},
		{"localhost", "localhost", "localhost", "127.0.0.1:80", true},
		{"localhost over IPv6", "localhost", "localhost", "[::1]:80", true},
		{"localhost elsewhere", "localhost", "127.0.0.1", "127.0.0.1:80", false},
		{"localhost that is the metadata", "localhost", "localhost", "169.254.169.254:80", false},
		{"localhost and another name for it", "localhost,*.example", "a.example", "127.0.0.1:80", false},
		{"an address", "10.1.2.3", "10.1.2.3", "10.1.2.3:80", true},
		{"another address", "10.1.2.3", "10.1.2.4", "10.1.2.4:80", false},
		{"a network", "10.0.0.0/8:80", "10.1.2.3", "10.1.2.3:80", true},
		{"a network by a name", "10.0.0.0/8", "a.example", "10.1.2.3:80", true},
		{"a network by a mapped address", "10.0.0.0/8", "::ffff:10.1.2.3", "[::ffff:10.1.2.3]:80", true},
		{"beside a network", "10.0.0.0/8", "a.example", "11.1.2.3:80", false},
		{"another port of a network", "10.0.0.0/8:80", "10.1.2.3", "10.1.2.3:81", false},
		{"a network of IPv6", "[fd00::/8]:80", "fd00::1", "[fd00::1]:80", true},
		{"a bare network of IPv6", "fd00::/8", "fd00::1", "[fd00::1]:80", true},
		{"this machine by its network", "127.0.0.0/8", "a.example", "127.0.0.1:80", true},
		{"none", "", "a.example", "10.1.2.3:80", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var entries []string
			if tc.entries != "" {
				entries = strings.Split(tc.entries, ",")
			}
			all, err := readDoors(entries)
			if err != nil {
				t.Fatal(err)
			}
			to := netip.MustParseAddrPort(tc.to)
			if err := all.lets(tc.host, to); (err == nil) != tc.want {
				t.Errorf("%v", err)
			}
			if tc.want && all.hopeless(tc.host, to.Port()) {
				t.Error("it is let in and said to be hopeless")
			}
		})
	}
}

func TestDoorsThatAreNone(t *testing.T) {
	for _, entry := range []string{"", " ", ":80", "shop:", "shop:http", "shop:0", "shop:65536", "http://shop", "shop/path", "a*b", "*shop", "*.", ".shop", "**", "[fd00::1", "[fd00::1]80", "10.0.0.0/33", "a b"} {
		if all, err := readDoors([]string{entry}); err == nil {
			t.Errorf("%q is read as %+v", entry, all)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a client without hosts")
	}
}

// TestHostsOfTheServer: a probe of a host that the server may not ask is refused before a run
// where that can be known, and is unknown in the run where not.
func TestHostsOfTheServer(t *testing.T) {
	c := client(t, func(c *Config) { c.Hosts = []string{"shop.example:443", "localhost"} })
	table := probe.Table{HTTPKind(c), TCPKind(c)}
	for part, want := range map[string]string{
		`{"http":{"url":"https://shop.example/"}}`:     "",
		`{"http":{"url":"http://shop.example/"}}`:      "needs to ask shop.example:80, and the server may not",
		`{"http":{"url":"http://127.0.0.1/"}}`:         "needs to ask 127.0.0.1:80",
		`{"http":{"url":"http://[::1]:8080/"}}`:        "needs to ask [::1]:8080",
		`{"http":{"url":"http://${namespace}.shop/"}}`: "",
		`{"http":{"url":":"}}`:                         "",
		`{"tcp":{"address":"10.0.0.1:22"}}`:            "needs to ask 10.0.0.1:22",
		`{"tcp":{"address":"localhost:22"}}`:           "",
		`{"tcp":{}}`:                                   "",
	} {
		var p spec.Probe
		if err := json.Unmarshal([]byte(part), &p); err != nil {
			t.Fatal(err)
		}
		_, why := table.Missing(spec.Document{Spec: spec.Spec{Hypothesis: []spec.Probe{p}}})
		if (why == nil) != (want == "") || why != nil && (!strings.Contains(why.Message, want) || why.Advice == "") {
			t.Errorf("%s: %v, want %q", part, why, want)
		}
	}
	got := take(t, TCPKind(client(t, func(c *Config) { c.Hosts = []string{"localhost", "*.shop"} })), `{"address":"127.0.0.${namespace}:1"}`)
	shows(t, got, "", record.ProblemOurSide)
}
