package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// callTimeout bounds one call of the API server.
const callTimeout = 5 * time.Second

// api is as much of a Kubernetes client as it takes to bring a cluster up.
type api struct {
	server string
	client *http.Client
}

// newAPI is the client of a sandbox's administrator. Close its idle
// connections when done.
func newAPI(c *record, l layout) (*api, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(l.pki(), "admin.crt"), filepath.Join(l.pki(), "admin.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(l.pki(), "ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	return &api{server: c.server(), client: &http.Client{Transport: transport, Timeout: callTimeout}}, nil
}

// Close lets the connections go.
func (a *api) Close() { a.client.CloseIdleConnections() }

// do sends a request and decodes the answer into out, if there is one.
func (a *api) do(ctx context.Context, method, path, kind string, body, out any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, response.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// ready asks whether the API server is.
func (a *api) ready(ctx context.Context) error {
	return a.do(ctx, http.MethodGet, "/readyz", "", nil, nil)
}

// apply makes an object what it should be.
func (a *api) apply(ctx context.Context, path string, object map[string]any) error {
	return a.do(ctx, http.MethodPatch, path+"?fieldManager=shakedown-sandbox&force=true",
		"application/apply-patch+yaml", object, nil)
}

// readyNodes are the names of the nodes that are Ready.
func (a *api) readyNodes(ctx context.Context) (map[string]bool, error) {
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Status struct {
				Conditions []struct {
					Type   string `json:"type"`
					Status string `json:"status"`
				} `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := a.do(ctx, http.MethodGet, "/api/v1/nodes", "", nil, &list); err != nil {
		return nil, err
	}
	ready := map[string]bool{}
	for _, item := range list.Items {
		for _, condition := range item.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				ready[item.Metadata.Name] = true
			}
		}
	}
	return ready, nil
}

// takesPods is nil when the controllers are at work: without the account that
// one of them makes no pod is admitted.
func (a *api) takesPods(ctx context.Context) error {
	return a.do(ctx, http.MethodGet, "/api/v1/namespaces/default/serviceaccounts/default", "", nil, nil)
}

// resolves is nil when the cluster's DNS knows the API server.
func resolves(ctx context.Context, s subnet) error {
	server := netip.AddrPortFrom(s.control(), 53).String()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, server)
	}}
	found, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
	if err != nil {
		return err
	}
	if want := s.apiService().String(); !slices.Contains(found, want) {
		return fmt.Errorf("the API server's name resolves to %v, not to %s", found, want)
	}
	return nil
}
