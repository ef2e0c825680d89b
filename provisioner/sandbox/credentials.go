package sandbox

import (
	"path/filepath"
	"time"
)

// The users that the sandbox grants rights to.
const (
	userAdmin      = "shakedown-admin"
	userAPIServer  = "kube-apiserver"
	userDNS        = "coredns"
	userPrometheus = "shakedown-prometheus"
)

// credentials are a sandbox's own authority and token key.
type credentials struct {
	*authority
	pair                  keyPair
	tokenKey, tokenPublic []byte
}

// newCredentials makes an authority of its own for a sandbox.
func newCredentials(name string, now time.Time) (*credentials, error) {
	a, pair, err := newAuthority("shakedown-"+name, now)
	if err != nil {
		return nil, err
	}
	private, public, err := signingKey()
	return &credentials{authority: a, pair: pair, tokenKey: private, tokenPublic: public}, err
}

// kubeconfig is the configuration of a client of the API server.
func (a *credentials) kubeconfig(c *record, s subject) ([]byte, error) {
	pair, err := a.issue(s)
	if err != nil {
		return nil, err
	}
	return kubeconfig(c.Name, c.server(), a.pem, s.name, pair)
}

// write keeps what clients outside of the machines need: the certificates of an
// administrator and of a Prometheus.
func (a *credentials) write(c *record, l layout) error {
	admin, err := a.issue(subject{name: userAdmin, groups: []string{"system:masters"}})
	if err != nil {
		return err
	}
	config, err := kubeconfig(c.Name, c.server(), a.pem, userAdmin, admin)
	if err != nil {
		return err
	}
	scraper, err := a.kubeconfig(c, subject{name: userPrometheus})
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{
		filepath.Join(l.pki(), "ca.crt"):                a.pem,
		filepath.Join(l.pki(), "admin.crt"):             admin.cert,
		filepath.Join(l.pki(), "admin.key"):             admin.key,
		filepath.Join(l.pki(), "prometheus.kubeconfig"): scraper,
		l.kubeconfig(): config,
	} {
		if err := writeSecret(path, content); err != nil {
			return err
		}
	}
	return nil
}
