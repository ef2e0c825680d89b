package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	accounts "github.com/shakedown-dev/shakedown/deploy/nats"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/internal/certtest"
)

const accountsFolder = "../../../deploy/nats/"

// userPassword is that of every user, and its bcrypt hash is what the servers are given.
const (
	userPassword = "s3cret"
	userHash     = "$2a$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"
)

// configured makes a server one that has the configuration of the repository, but for its
// addresses and its folder. ca is the certificate of all.
func configured(t *testing.T) (option func(*server.Options), ca string) {
	t.Helper()
	cert, key := certtest.Write(t)
	for name, value := range map[string]string{
		"NATS_NAME": "nats", "NATS_STORE": t.TempDir(), "NATS_TLS_CERT": cert, "NATS_TLS_KEY": key,
		"NATS_ROUTES": "[nats://127.0.0.1:1]", "NATS_ROUTES_PASSWORD": "s3cret",
	} {
		t.Setenv(name, value)
	}
	for _, u := range accounts.Users() {
		t.Setenv(u.Variable(), userHash)
	}
	return func(o *server.Options) {
		file, err := server.ProcessConfigFile(accountsFolder + "nats-server.conf")
		if err != nil {
			t.Fatal(err)
		}
		o.Accounts, o.Users, o.MaxPayload, o.TLS, o.TLSConfig, o.SyncAlways = file.Accounts, file.Users, file.MaxPayload, true, file.TLSConfig, file.SyncAlways
	}, cert
}

// as is the access of a user to servers at nats:// addresses.
func as(user, urls, ca string) natsbus.Access {
	access := natsbus.Access{URL: strings.ReplaceAll(urls, "nats://", "tls://"+user+":"+userPassword+"@"), Inbox: "_INBOX." + user, CAFile: ca}
	if user == "people" || user == "operator" {
		access.API = "shakedown.api"
	}
	return access
}

// readOnly is a cluster with nothing in it, in which nothing can be changed.
func readOnly(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		switch {
		case r.URL.Query().Get("watch") != "":
			_ = http.NewResponseController(w).Flush() // whoever asks sees what is missing
			<-r.Context().Done()
		case last == "version":
			_, _ = io.WriteString(w, `{"gitVersion":"v1.36.3"}`)
		case r.Method == http.MethodGet && strings.HasSuffix(last, "s"):
			_, _ = io.WriteString(w, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`)
		default:
			code, reason := http.StatusForbidden, "Forbidden"
			if r.Method == http.MethodGet {
				code, reason = http.StatusNotFound, "NotFound"
			}
			w.WriteHeader(code)
			_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d,"message":"no"}`, reason, code)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// serveAs runs the one service that the user is for until the test ends, and returns where
// it listens.
func serveAs(t *testing.T, service string, access natsbus.Access, w world) string {
	t.Helper()
	o := w.options(t)
	o.NATS, o.Services = access, []string{service}
	if err := os.WriteFile(filepath.Join(o.DataDir, "hook.secret"), []byte(userPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: %v", service, err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s ended: %v", service, err)
		}
	})
	select {
	case <-a.Ready():
	case err := <-done:
		done <- err
		t.Fatalf("%s ended: %v", service, err)
	case <-time.After(patience):
		t.Fatalf("%s is not ready", service)
	}
	return a.URL()
}
