package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
)

// Secret reads one key of a Secret. Errors: *events.Error of KindNotFound when
// there is no such Secret or key, otherwise as Explain has them; they never hold
// anything that is in the Secret.
func Secret(ctx context.Context, config *rest.Config, namespace, name, key string) (string, error) {
	if err := secretPath(namespace, name, key); err != nil {
		return "", err
	}
	c, err := New(config)
	if err != nil {
		return "", events.Errorf(events.KindInvalid, Hint, "read Secret %s/%s: %w", namespace, name, err)
	}
	defer c.Close()
	ctx, cancel := Brief(ctx)
	defer cancel()
	var secret corev1.Secret
	err = c.Core.Get().Namespace(namespace).Resource("secrets").Name(name).Do(ctx).Into(&secret)
	switch value, ok := secret.Data[key]; {
	case apierrors.IsNotFound(err):
		return "", events.Errorf(events.KindNotFound, "kubectl get secrets -n "+namespace, "read Secret %s/%s: there is none", namespace, name)
	case err != nil:
		return "", Explain(c.Host, err, "get", fmt.Sprintf("secret %s in namespace %s", name, namespace))
	case !ok:
		return "", events.Errorf(events.KindNotFound, fmt.Sprintf("kubectl describe secret -n %s %s", namespace, name),
			"read Secret %s/%s: it has no key %s", namespace, name, key)
	default:
		return string(value), nil
	}
}

// secretPath refuses what cannot be the name of a Secret or of a key, such as "..",
// before it becomes a part of an address.
func secretPath(namespace, name, key string) error {
	for _, part := range []struct {
		what, value string
		wrong       []string
	}{
		{"namespace", namespace, validation.IsDNS1123Label(namespace)},
		{"name", name, validation.IsDNS1123Subdomain(name)},
		{"key", key, validation.IsConfigMapKey(key)},
	} {
		if len(part.wrong) > 0 {
			return events.Errorf(events.KindInvalid, "kubectl get secrets --all-namespaces", "read a Secret: %q cannot be its %s", part.value, part.what)
		}
	}
	return nil
}
