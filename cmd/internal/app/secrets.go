package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// secretTimeout bounds the reading of one Secret.
const secretTimeout = 10 * time.Second

// secret reads one key of a Kubernetes Secret.
func (o CopierOptions) secret(ctx context.Context, ref datamove.SecretRef) (string, error) {
	config, err := Options{Kubeconfig: o.Kubeconfig, Context: o.Context}.restConfig()
	if err != nil {
		return "", err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return "", events.Errorf(events.KindInvalid, kubeHint, "open cluster for Secrets: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	what := fmt.Sprintf("read Secret %s/%s", ref.Namespace, ref.Name)
	address, _, err := rest.DefaultServerURL(config.Host, "", rest.ClientContentConfig{}.GroupVersion, rest.IsConfigTransportTLS(*config))
	if err != nil {
		return "", events.Errorf(events.KindInvalid, kubeHint, "%s: %w", what, err)
	}
	data, err := getSecret(ctx, client, address.JoinPath("api", "v1", "namespaces", ref.Namespace, "secrets", ref.Name))
	if err != nil {
		return "", events.Errorf(events.KindUnavailable, fmt.Sprintf("kubectl get secret -n %s %s", ref.Namespace, ref.Name), "%s: %w", what, err)
	}
	value, ok := data[ref.Key]
	if !ok {
		return "", events.Errorf(events.KindNotFound, fmt.Sprintf("kubectl describe secret -n %s %s", ref.Namespace, ref.Name), "%s: it has no key %s", what, ref.Key)
	}
	return string(value), nil
}

func getSecret(ctx context.Context, client *http.Client, address *url.URL) (map[string][]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API server answers %s", response.Status)
	}
	var secret struct {
		Data map[string][]byte `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 4<<20)).Decode(&secret)
	return secret.Data, err
}
