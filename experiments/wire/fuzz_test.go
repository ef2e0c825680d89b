package wire

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// FuzzParts: a part is refused with a reason or read once and for all, and nothing in it
// stops the reader.
func FuzzParts(f *testing.F) {
	for _, part := range []string{
		`{"url":"http://shop.${namespace}.svc:8080/a?b=c","status":[200,404],"within":"10ms","body":"^ok","reuse":true,"redirects":2}`,
		`{"url":"https://[::1%25lo]/","method":"HEAD","headers":{"X":{"env":"SHAKEDOWN_PROBE_SECRET_A"}}}`,
		`{"address":"db:5432","timeout":"250ms"}`, `{"address":"[::1]:1"}`, `{"url":"http://u:p@h"}`, `{}`, `[]`, `null`, `{"url":"//"}`,
	} {
		f.Add(part)
	}
	v := spec.Variables{Namespace: "shop", Environment: "shop", Experiment: "fuzz"}
	f.Fuzz(func(t *testing.T, part string) {
		for _, k := range []probe.Kind{HTTPKind(nil), TCPKind(nil)} {
			p, problems := k.Check(json.RawMessage(part))
			if (p == nil) != (len(problems) > 0) {
				t.Fatalf("%v and %v", p, problems)
			}
			if p == nil {
				continue
			}
			p = p.Resolve(v)
			raw, err := json.Marshal(p.Part())
			if err != nil {
				t.Fatal(err)
			}
			again, problems := k.Check(raw)
			if len(problems) > 0 {
				t.Fatalf("%s is read as %s, which has %v", part, raw, problems)
			}
			if diff := cmp.Diff(p.Condition(), again.Condition()); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// FuzzDoors: an entry leads to this machine or a link-local address only when it is an
// address, a network or localhost.
func FuzzDoors(f *testing.F) {
	for _, entry := range []string{"*", "*.example:443", "10.0.0.0/8:80", "[fd00::/8]:80", "localhost", "::1", "::/0", "a:b:c"} {
		f.Add(entry, "a.example")
	}
	f.Fuzz(func(t *testing.T, entry, host string) {
		all, err := readDoors([]string{entry})
		if err != nil || all[0].network.IsValid() {
			return
		}
		for _, to := range []string{"127.0.0.1:80", "[::1]:80", "169.254.169.254:80", "[fe80::1]:80", "0.0.0.0:80", "[fd00:ec2::254]:80"} {
			to := netip.MustParseAddrPort(to)
			local := to.Addr().IsLoopback() && strings.HasPrefix(strings.ToLower(strings.TrimSpace(entry)), "localhost")
			if all.lets(host, to) == nil && !local {
				t.Errorf("%q leads %q to %s", entry, host, to)
			}
		}
	})
}
