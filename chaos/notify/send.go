package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// target is a notifier with its values read.
type target struct {
	document   Document
	url, token string
}

// newTarget reads the values of a notifier. Errors do not repeat them.
func newTarget(d Document, env func(string) string) (target, error) {
	address, err := d.Spec.URL.resolve(env)
	if err != nil {
		return target{}, fmt.Errorf("notifier %s: spec.url: %w", d.Metadata.Name, err)
	}
	if problem := addressProblem(address); problem != "" {
		return target{}, events.Errorf(events.KindInvalid, "", "notifier %s: spec.url: %s %s", d.Metadata.Name, "the value", problem)
	}
	token, err := d.Spec.Token.resolve(env)
	if err != nil {
		return target{}, fmt.Errorf("notifier %s: spec.token: %w", d.Metadata.Name, err)
	}
	if d.Spec.Format == FormatGrafana {
		address = strings.TrimRight(address, "/") + "/api/annotations"
	}
	return target{document: d, url: address, token: token}, nil
}

func (t target) name() string { return t.document.Metadata.Name }

// errRefused says that the other side will refuse the message again.
var errRefused = errors.New("the message was refused")

// send posts the message once. Errors: errRefused when it is of no use to try again. No
// error has the address, which may be a secret.
func (t target) send(ctx context.Context, client *http.Client, key string, m Message) error {
	raw, err := body(t.document.Spec, m)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%w: its address cannot be used", errRefused)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	if t.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.token)
	}
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return plain(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	return judge(response)
}

// plain is the error without the address of the request.
func plain(err error) error {
	if named := (*url.Error)(nil); errors.As(err, &named) {
		err = named.Err
	}
	return fmt.Errorf("reach it: %w", err)
}

// judge is nil when the message was taken.
func judge(r *http.Response) error {
	switch code := r.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code/100 == 5:
		return fmt.Errorf("the answer is %d %s", code, http.StatusText(code))
	default:
		return fmt.Errorf("%w: the answer is %d %s", errRefused, code, http.StatusText(code))
	}
}

// newClient follows no redirect: it would take the token, or the message, elsewhere.
func newClient(c Config) *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: c.Patience, ForceAttemptHTTP2: true}
	return &http.Client{Transport: t, Timeout: c.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
