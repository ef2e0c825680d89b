// Package trust reads the certificates by which servers are recognised.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/shakedown-dev/shakedown/events"
)

// PEM reads a file of CA certificates. Errors are *events.Error of KindInvalid: there
// is no such file, or it holds no certificate.
func PEM(file string) ([]byte, error) {
	pem, _, err := read(file)
	return pem, err
}

// Config is for a client of the server of that name. The CAs are those of the file,
// the system's own without one. Errors are those of PEM.
func Config(file, server string) (*tls.Config, error) {
	c := &tls.Config{ServerName: server, MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	_, pool, err := read(file)
	c.RootCAs = pool
	return c, err
}

func read(file string) ([]byte, *x509.CertPool, error) {
	const hint = "name a file with PEM certificates in ca"
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, events.Errorf(events.KindInvalid, hint, "read the CA certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, nil, events.Errorf(events.KindInvalid, hint, "%s holds no certificate", file)
	}
	return pem, pool, nil
}
