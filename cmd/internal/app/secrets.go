package app

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// secret reads one key of a Kubernetes Secret.
func (o CopierOptions) secret(ctx context.Context, ref datamove.SecretRef) (string, error) {
	config, err := kube.Config(o.Kubeconfig, o.Context)
	if err != nil {
		return "", err
	}
	return kube.Secret(ctx, config, ref.Namespace, ref.Name, ref.Key)
}
