//go:build real

package redis

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/certtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// freePort is a port that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestTLS(t *testing.T) {
	cert, key := certtest.Write(t)
	port := freePort(t)
	from := storetest.Redis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	to := storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	j := job(t, from, to)
	j.From.URL = "rediss://127.0.0.1:" + port
	j.Store.Redis.Disposable = true
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "certificate")
	j.From.CA = cert
	part := copied(t, j)
	wantSame(t, a, b)
	if part.Snapshot.Method != modeScan {
		t.Errorf("copied by %s: the target would have to be told of TLS", part.Snapshot.Method)
	}
	wantCARead(t, j)
}

// wantCARead wants a file of CA certificates to be refused that is not there, or holds none.
func wantCARead(t *testing.T, j datamove.Job) {
	t.Helper()
	j.From.CA = filepath.Join(t.TempDir(), "none")
	_, err := New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindInvalid, "read the CA certificates")
	if err := os.WriteFile(j.From.CA, []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = New().Copy(t.Context(), j, nil); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("the error is %v", err)
	}
}
