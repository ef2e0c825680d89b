//go:build real

package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// certificate writes one for 127.0.0.1 that signs itself, and its key.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "canary"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	from := storetest.Redis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	to := storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	j := job(t, from, to)
	j.From.URL = "rediss://127.0.0.1:" + port
	j.Store.Redis.Disposable = true
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindUnavailable, "certificate")
	j.From.CA = cert
	part := copied(t, j)
	wantSame(t, a, b)
	if part.Snapshot.Method != modeScan {
		t.Errorf("copied by %s: the target would have to be told of TLS", part.Snapshot.Method)
	}
	j.From.CA = filepath.Join(t.TempDir(), "none")
	_, err = New().Copy(t.Context(), j, nil)
	wantKind(t, err, events.KindInvalid, "read the CA certificates")
	if err := os.WriteFile(j.From.CA, []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = New().Copy(t.Context(), j, nil); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("the error is %v", err)
	}
}
