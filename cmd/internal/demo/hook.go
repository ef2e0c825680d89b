package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/webhook"
)

// Accepted is the webhook's answer.
type Accepted struct {
	ID          string `json:"id"`
	Correlation string `json:"correlation"`
	// Took is from the post to the answer.
	Took time.Duration `json:"-"`
}

// PostBuild posts what CI would post, signed, and returns the answer. Errors:
// whatever keeps the answer from being 202.
func PostBuild(ctx context.Context, server, secret string, build events.BuildSucceeded, now func() time.Time) (Accepted, error) {
	var accepted Accepted
	body, err := json.Marshal(build)
	if err != nil {
		return accepted, fmt.Errorf("encode build: %w", err)
	}
	url := server + "/v1/hooks/ci"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return accepted, fmt.Errorf("post %s: %w", url, err)
	}
	request.Header = webhook.Sign(secret, now(), body)
	request.Header.Set("Content-Type", "application/json")
	began := now()
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return accepted, fmt.Errorf("post %s: %w", url, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	accepted.Took = now().Sub(began)
	if err != nil {
		return accepted, fmt.Errorf("read answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusAccepted {
		return accepted, fmt.Errorf("post %s: %s: %s", url, response.Status, bytes.TrimSpace(answer))
	}
	if err := json.Unmarshal(answer, &accepted); err != nil {
		return accepted, fmt.Errorf("decode answer of %s: %w", url, err)
	}
	return accepted, nil
}
