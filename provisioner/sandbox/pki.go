package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// validity is how long a sandbox's certificates last. A sandbox is not renewed
// but made again.
const validity = 5 * 365 * 24 * time.Hour

// authority signs the certificates of one sandbox.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	now  time.Time
}

// identityCert is a signed key pair in PEM.
type keyPair struct {
	cert, key []byte
}

// subject is who a certificate is for and where it may be shown.
type subject struct {
	name   string
	groups []string
	dns    []string
	ips    []netip.Addr
}

// newAuthority makes a certificate authority.
func newAuthority(name string, now time.Time) (*authority, keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, keyPair{}, err
	}
	template, err := certificate(subject{name: name}, now)
	if err != nil {
		return nil, keyPair{}, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, keyPair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, keyPair{}, err
	}
	pair, err := encodePair(der, key)
	return &authority{cert: cert, key: key, pem: pair.cert, now: now}, pair, err
}

// issue signs a certificate for servers and clients alike.
func (a *authority) issue(s subject) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	template, err := certificate(s, a.now)
	if err != nil {
		return keyPair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return keyPair{}, fmt.Errorf("certificate of %s: %w", s.name, err)
	}
	return encodePair(der, key)
}

// certificate is the template for a subject.
func certificate(s subject, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	ips := make([]net.IP, 0, len(s.ips))
	for _, ip := range s.ips {
		ips = append(ips, ip.AsSlice())
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: s.name, Organization: s.groups},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(validity),
		DNSNames:     s.dns,
		IPAddresses:  ips,
	}, nil
}

// encodePair writes a certificate and its key as PEM.
func encodePair(der []byte, key *ecdsa.PrivateKey) (keyPair, error) {
	raw, err := encodeKey(key)
	return keyPair{cert: encodePEM("CERTIFICATE", der), key: raw}, err
}

// encodeKey writes a private key as PEM.
func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalECPrivateKey(key)
	return encodePEM("EC PRIVATE KEY", raw), err
}

// signingKey makes the key pair of service account tokens: private and public.
func signingKey() (private, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	private, err = encodeKey(key)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKIXPublicKey(key.Public())
	return private, encodePEM("PUBLIC KEY", raw), err
}

// encodePEM writes one block.
func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// writeSecret writes a file that only its owner reads, whole or not at all, and
// its directory.
func writeSecret(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
