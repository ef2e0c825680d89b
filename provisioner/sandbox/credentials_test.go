package sandbox

import (
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCertificates(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a, err := newCredentials("demo", now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.issue(subject{name: "n", groups: []string{"g"}, dns: []string{"kubernetes"}, ips: []netip.Addr{subnet(64).control()}})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(pair.cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.pem)
	for _, name := range []string{"kubernetes", "10.64.0.2"} {
		_, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := newCredentials("demo", now)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(other.pem)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now}); err == nil {
		t.Error("another sandbox's authority vouches for it")
	}
}

func TestFilesWithKeysAreSecret(t *testing.T) {
	dir := t.TempDir()
	f := files{kubeDir + "ca.key": []byte("secret"), "/etc/hosts": []byte("open")}
	if err := f.write(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{kubeDir + "ca.key": 0o600, "/etc/hosts": 0o644} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
