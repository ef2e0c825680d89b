package wire

import (
	"net"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

func TestTCP(t *testing.T) {
	open := listen(t, func(c net.Conn) { _ = c.Close() })
	stuck := nobody(t)
	full(t, stuck)
	for _, tc := range []struct {
		name, address, why string
		problem            record.ProblemKind
	}{
		{"takes connections", open, "", ""},
		{"nobody there", nobody(t), "the connection was refused", ""},
		{"takes none", stuck, "no answer within 300ms", ""},
		{"no such name", "no-such-host.invalid:80", "no-such-host.invalid", record.ProblemOurSide},
		{"by a name", "localhost:" + port(t, open), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := client(t, func(c *Config) { c.Hosts = append(c.Hosts, "*.invalid") })
			shows(t, take(t, TCPKind(c), `{"address":"`+tc.address+`","timeout":"300ms"}`), tc.why, tc.problem)
		})
	}
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
