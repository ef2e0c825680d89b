package kube

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/version"
)

// Version asks the API server for its version, such as v1.37.2. Errors: as
// Explain has them.
func (c *Client) Version(ctx context.Context) (string, error) {
	ctx, cancel := Brief(ctx)
	defer cancel()
	result := c.Plain.Get().AbsPath("/version").Do(ctx)
	if err := result.Error(); err != nil { // Raw would leave out what the API server says
		return "", Explain(c.Host, err, "get", "/version")
	}
	raw, err := result.Raw()
	if err != nil {
		return "", Explain(c.Host, err, "get", "/version")
	}
	var found version.Info
	if err := json.Unmarshal(raw, &found); err != nil {
		return "", fmt.Errorf("read the version of the API server at %s: %w", c.Host, err)
	}
	return found.GitVersion, nil
}
