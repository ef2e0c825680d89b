package natsbus

import (
	"strings"
	"testing"
)

// TestWarnings: who connects to elsewhere is warned of a server that lets anybody in, and
// of a connection that anybody can read, without a secret.
func TestWarnings(t *testing.T) {
	const elsewhere = "192.0.2.1:4222"
	const login, plain = "without a login", "not encrypted"
	for _, c := range []struct {
		name            string
		access          Access
		server          string
		asks, encrypted bool
		want            []string
	}{
		{"loopback", Access{}, "127.0.0.1:4222", false, false, nil},
		{"loopback of IPv6", Access{}, "[::1]:4222", false, false, nil},
		{"anonymous and plain", Access{}, elsewhere, false, false, []string{login, plain}},
		{"user and plain", Access{User: "me", Password: "s3cret"}, elsewhere, true, false, []string{plain}},
		{"a login that nobody asks for", Access{Token: "s3cret"}, elsewhere, false, true, []string{login}},
		{"a user for who has none", Access{}, elsewhere, true, true, []string{login}},
		{"user in the address", Access{URL: "tls://me:s3cret@nats:4222"}, elsewhere, true, true, nil},
		{"certificate", Access{CertFile: "c"}, elsewhere, true, true, nil},
		{"IPv6", Access{CredentialsFile: "c"}, "[fd00::2]:4222", true, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := warnings(c.access, c.server, c.asks, c.encrypted)
			if len(got) != len(c.want) {
				t.Fatalf("got %+v, want %q", got, c.want)
			}
			for i, w := range got {
				if !strings.Contains(w.Message, c.want[i]) || w.Advice == "" || strings.Contains(w.Message+w.Advice, "s3cret") {
					t.Errorf("got %+v, want %q", w, c.want[i])
				}
			}
		})
	}
}
