package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mask"
	"github.com/shakedown-dev/shakedown/datamove/mysql"
	"github.com/shakedown-dev/shakedown/datamove/redis"
	"github.com/shakedown-dev/shakedown/datamove/report"
	"github.com/shakedown-dev/shakedown/datamove/s3"
	"github.com/shakedown-dev/shakedown/events"
)

// secretTimeout bounds the reading of one Secret.
const secretTimeout = 10 * time.Second

// CopierOptions are what copies of data need of the world.
type CopierOptions struct {
	// DataDir holds the state of copies, below the folder datamove.
	DataDir string
	// Env looks up environment variables that hold credentials.
	Env func(string) string
	// Policy decides which targets may be written to.
	Policy  datamove.Policy
	Version string
	// Kubeconfig and Context choose the cluster of Secrets; it is not spoken to
	// unless a credential names one.
	Kubeconfig, Context string
	Log                 *slog.Logger
	Now                 func() time.Time
	NewID               func() string
}

// NewCopier joins the adapters of every store with the masking and the reports.
func NewCopier(o CopierOptions) (*datamove.Copier, error) {
	return datamove.NewCopier(datamove.CopierDeps{
		Adapters: map[string]datamove.Adapter{
			datamove.StoreMySQL: mysql.New(), datamove.StoreRedis: redis.New(), datamove.StoreS3: s3.New(s3.Options{}),
		},
		Secrets: datamove.Secrets{Env: o.Env, Kubernetes: o.secret},
		NewMask: newMask, Policy: o.Policy, View: report.HTML, Dir: filepath.Join(o.DataDir, "datamove"),
		Version: o.Version, Now: o.Now, NewID: o.NewID, Log: o.Log,
	})
}

// newMask makes a policy. Without rules that mask there is no key to ask for.
func newMask(rules []datamove.Rule, key []byte) (datamove.MaskPolicy, error) {
	masks := slices.ContainsFunc(rules, func(r datamove.Rule) bool { return r.As != "keep" })
	if !masks && len(key) == 0 {
		key = make([]byte, 16) // nothing is masked with it
	}
	policy, err := mask.New(rules, key)
	if err != nil {
		return nil, err
	}
	return maskPolicy{policy}, nil
}

// maskPolicy joins a policy with the classification.
type maskPolicy struct{ *mask.Policy }

// Missing are the column rules that fit none of the fields.
func (p maskPolicy) Missing(fields []datamove.Field) events.Problems { return p.Policy.Missing(fields) }

// Unclassified are findings on fields that look personal and that no rule covers.
func (p maskPolicy) Unclassified(fields []datamove.Field) []datamove.Finding {
	var found []datamove.Finding
	for _, f := range mask.Unclassified(p.Policy, fields) {
		name := strings.TrimSpace(f.Field.Name + " " + f.Field.Path)
		found = append(found, datamove.Finding{
			Severity: datamove.Refusal, Check: "unclassified",
			Message: fmt.Sprintf("%s looks like %s (%s), and no masking rule covers it", name, f.As, f.Why),
			Hint:    "propose rules with shakedown data classify; `as: keep` says that a field is harmless",
		})
	}
	return found
}

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
