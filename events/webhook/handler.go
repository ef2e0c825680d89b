package webhook

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// Path is where the handler is meant to be.
	Path = "/v1/hooks/ci"
	// MaxBody bounds a body, in bytes.
	MaxBody = 1 << 20

	source = "shakedown/webhook"
	// publishTimeout bounds the wait for a bus that is away; CI systems give up
	// after about ten seconds.
	publishTimeout = 3 * time.Second
	retryAfter     = "5"
)

// Config says what the handler needs.
type Config struct {
	// Bus stores the events.
	Bus events.Bus
	// Secrets are all that a signature may be made with, so that one can be
	// replaced without a gap. They speak for every project that has none of its own.
	// Empty ones are ignored; without any, every request is refused.
	Secrets []string
	// Projects are the secrets of projects: each speaks for its own project alone.
	Projects map[string][]string
	// Now is the clock that timestamps are compared with.
	Now func() time.Time
	// Log gets one line for each request that is refused and each event; nil
	// discards it.
	Log *slog.Logger
	// Answered, when set, is called with the status of each answer and the time
	// that it took.
	Answered func(status int, took time.Duration)
}

// New makes the handler of Path. It answers every method and path, with 404 for any
// other path.
func New(c Config) http.Handler {
	c.Secrets, c.Projects = filled(c.Secrets), filledAll(c.Projects)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Answered == nil {
		c.Answered = func(int, time.Duration) {}
	}
	if len(c.Secrets)+len(c.Projects) == 0 {
		c.Log.Warn("no webhook secret is set, so every webhook will be refused")
	}
	return &handler{c}
}

type handler struct{ Config }

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := h.Now()
	answer := h.answer(w, r)
	answer.write(w)
	h.Answered(answer.status, h.Now().Sub(began))
	if answer.status != http.StatusAccepted {
		h.Log.Warn("webhook refused", "status", answer.status, "reason", answer.Error, "remote", r.RemoteAddr)
	}
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request) answer {
	if refusal, ok := checkForm(r); !ok {
		return refusal
	}
	said, wrong := readClaim(r.Header)
	if wrong != "" {
		return refuse(http.StatusUnauthorized, wrong, "")
	}
	body, refusal, ok := readBody(w, r)
	if !ok {
		return refusal
	}
	by := h.signers(said, body)
	if by.nobody() {
		return refuse(http.StatusUnauthorized,
			fmt.Sprintf("the signature does not fit the %d bytes that came and any secret of this server", len(body)),
			"sign the timestamp, a dot and the raw body with HMAC-SHA256; curl sends a file as it is with --data-binary, -d drops its line breaks")
	}
	if !said.fresh(h.Now()) {
		return refuse(http.StatusUnauthorized, "the timestamp is more than 5 minutes away from this server's clock",
			"sign each request anew, and check the clocks")
	}
	build, err := parseBuild(body)
	if err != nil {
		return invalid(err)
	}
	if !h.speaksFor(by, build.Project) {
		return refuse(http.StatusForbidden, "the secret of the signature is not one of this project",
			"sign with a secret of the project; who runs the server has its file of secrets")
	}
	return h.publish(r.Context(), said, build)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, answer, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is over 1 MiB", ""), false
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body could not be read to its end", "send it again"), false
	}
	return body, answer{}, true
}

func checkForm(r *http.Request) (answer, bool) {
	if r.URL.Path != Path {
		return refuse(http.StatusNotFound, "there is no hook at this path", "POST to "+Path), false
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "only POST is answered here", ""), false
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "the content type is not application/json", ""), false
	}
	if r.ContentLength > MaxBody {
		return refuse(http.StatusRequestEntityTooLarge, "the body is over 1 MiB", ""), false
	}
	return answer{}, true
}

// publish stores the event. Its id comes from the signature, which nobody but
// the signer can make, and which is the same when the request comes again.
func (h *handler) publish(ctx context.Context, said claim, build events.BuildSucceeded) answer {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	id := events.Digest(source, hex.EncodeToString(said.signature))
	meta := events.Meta{ID: id, Source: source, Time: h.Now(), Correlation: correlation(build, id)}
	if err := events.BuildSucceededTopic.Publish(ctx, h.Bus, meta, build); err != nil {
		h.Log.Error("store webhook event", "event_id", id, "error", err)
		return refuse(http.StatusServiceUnavailable, "the event could not be stored", "send the same request again")
	}
	h.Log.Info("webhook taken", "event_id", id, "correlation", meta.Correlation, "project", build.Project, "revision", build.Revision)
	return answer{
		status: http.StatusAccepted,
		ID:     id, Type: events.BuildSucceededTopic.Type(), Correlation: meta.Correlation,
	}
}

// correlation names what began with this request, readable and unlike any other.
func correlation(b events.BuildSucceeded, id string) string {
	const short = 7
	revision := b.Revision[:min(len(b.Revision), short)]
	return events.Key(b.Project + "-" + revision + "-" + id[:8])
}
