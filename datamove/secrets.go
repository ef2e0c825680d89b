package datamove

import (
	"context"
	"os"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Secrets reads credentials by reference.
type Secrets struct {
	// Env looks up an environment variable; "" means that it is not set.
	Env func(string) string
	// Kubernetes reads a key of a Secret; nil when there is no cluster.
	Kubernetes func(ctx context.Context, ref SecretRef) (string, error)
}

// Read returns the secret, "" when there is no reference. Errors: *events.Error of
// KindInvalid that names the reference and never its content.
func (s Secrets) Read(ctx context.Context, c Credentials) (string, error) {
	switch {
	case c.Env != "":
		value := s.Env(c.Env)
		if value == "" {
			return "", events.Errorf(events.KindInvalid, "export "+c.Env+"=...", "read credentials: the variable %s is not set or empty", c.Env)
		}
		return value, nil
	case c.File != "":
		raw, err := os.ReadFile(c.File)
		if err != nil {
			return "", events.Errorf(events.KindInvalid, "check the path and the rights on it", "read credentials: %w", err)
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r"), nil
	case c.Secret != nil:
		if s.Kubernetes == nil {
			return "", events.Errorf(events.KindInvalid, "name the cluster with --kubeconfig", "read Secret %s/%s: no cluster is known", c.Secret.Namespace, c.Secret.Name)
		}
		return s.Kubernetes(ctx, *c.Secret)
	}
	return "", nil
}
