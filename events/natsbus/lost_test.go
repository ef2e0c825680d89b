package natsbus_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestLost: a login that the server takes back ends the connection, and the bus says why.
// A server that goes away does not.
func TestLost(t *testing.T) {
	for _, c := range []struct {
		name string
		// lose starts a server and returns how to take the login back.
		lose func(*testing.T, *server.Options) (natsbus.Access, func(*testing.T, *server.Server))
	}{
		{"another password", func(_ *testing.T, o *server.Options) (natsbus.Access, func(*testing.T, *server.Server)) {
			o.Username, o.Password = "me", "s3cret"
			return natsbus.Access{User: "me", Password: "s3cret"}, changePassword(o)
		}},
		{"user revoked", withRevocation},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := natsbustest.Options(t)
			access, lose := c.lose(t, o)
			s := natsbustest.Serve(t, o)
			access.URL = s.ClientURL()
			bus := natsbustest.Connect(t, access)
			if err := bus.Err(); err != nil {
				t.Errorf("connected: %v", err)
			}
			lose(t, s)
			select {
			case <-bus.Lost():
			case <-time.After(patience):
				t.Fatal("the end is not noticed")
			}
			wantLost(t, bus.Err(), access)
			wantLost(t, bus.Check(t.Context()), access)
		})
	}
}

func wantLost(t *testing.T, err error, access natsbus.Access) {
	t.Helper()
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindUnavailable || !strings.Contains(e.Hint(), "--nats-creds") ||
		!strings.Contains(err.Error(), "stay connected to nats at "+access.URL) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v (%T) with hint %v", err, err, e)
	}
}

func changePassword(o *server.Options) func(*testing.T, *server.Server) {
	return func(t *testing.T, s *server.Server) {
		changed := o.Clone()
		changed.Password = "other"
		if err := s.ReloadOptions(changed); err != nil {
			t.Fatal(err)
		}
	}
}

// withRevocation runs the server by signed tokens, all of which are revoked.
func withRevocation(t *testing.T, o *server.Options) (natsbus.Access, func(*testing.T, *server.Server)) {
	t.Helper()
	access := withOperator(t, o)
	return access, func(t *testing.T, s *server.Server) {
		user := must(jwt.DecodeUserClaims(must(jwt.ParseDecoratedJWT(must(os.ReadFile(access.CredentialsFile))))))
		claims := must(jwt.DecodeAccountClaims(must(o.AccountResolver.Fetch(user.Issuer))))
		claims.Revoke(jwt.All)
		s.UpdateAccountClaims(must(s.LookupAccount(user.Issuer)), claims)
	}
}
