package natsbus_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/internal/certtest"
)

// TestCredentials connects in every way that an external server may ask for, and
// is turned away without.
func TestCredentials(t *testing.T) {
	for _, c := range []struct {
		name  string
		setUp func(*testing.T, *server.Options) natsbus.Access
	}{
		{"token", func(_ *testing.T, o *server.Options) natsbus.Access {
			o.Authorization = "s3cret"
			return natsbus.Access{Token: "s3cret"}
		}},
		{"user and password over TLS", func(t *testing.T, o *server.Options) natsbus.Access {
			o.Username, o.Password = "me", "s3cret"
			return natsbus.Access{User: "me", Password: "s3cret", CAFile: withTLS(t, o)}
		}},
		{"nkey", withNKey},
		{"credentials file", withOperator},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := natsbustest.Options(t)
			access := c.setUp(t, o)
			access.URL = natsbustest.Serve(t, o).ClientURL()
			bus := natsbustest.Connect(t, access)
			if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{}); err != nil {
				t.Error(err)
			}
			if _, err := natsbus.Connect(t.Context(), natsbus.Config{Access: natsbus.Access{URL: access.URL}}); events.KindOf(err) != events.KindUnavailable {
				t.Errorf("without credentials: %v", err)
			}
		})
	}
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withTLS gives the server a certificate, which is its own authority.
func withTLS(t *testing.T, o *server.Options) (caFile string) {
	t.Helper()
	cert, key := certtest.Write(t)
	o.TLS = true
	o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{must(tls.LoadX509KeyPair(cert, key))}}
	return cert
}

func withNKey(t *testing.T, o *server.Options) natsbus.Access {
	t.Helper()
	user := must(nkeys.CreateUser())
	o.Nkeys = []*server.NkeyUser{{Nkey: must(user.PublicKey())}}
	return natsbus.Access{NKeyFile: write(t, "user.nk", must(user.Seed()))}
}

// withOperator runs the server as those with many accounts do, by signed tokens.
func withOperator(t *testing.T, o *server.Options) natsbus.Access {
	t.Helper()
	operator, account, system, user := must(nkeys.CreateOperator()), must(nkeys.CreateAccount()), must(nkeys.CreateAccount()), must(nkeys.CreateUser())
	claims := jwt.NewAccountClaims(must(account.PublicKey()))
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	systemKey := must(system.PublicKey())
	resolver := &server.MemAccResolver{}
	for key, token := range map[string]string{
		must(account.PublicKey()): must(claims.Encode(operator)),
		systemKey:                 must(jwt.NewAccountClaims(systemKey).Encode(operator)),
	} {
		if err := resolver.Store(key, token); err != nil {
			t.Fatal(err)
		}
	}
	o.TrustedKeys, o.AccountResolver, o.SystemAccount = []string{must(operator.PublicKey())}, resolver, systemKey
	token := must(jwt.NewUserClaims(must(user.PublicKey())).Encode(account))
	return natsbus.Access{CredentialsFile: write(t, "user.creds", must(jwt.FormatUserConfig(token, must(user.Seed()))))}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
