package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/webhook"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

const (
	secret = "correct horse battery staple"
	good   = `{"project":"shop","revision":"4f1c2e9aa","template":"shop","components":{"api":"shop:v2"},"pipeline":7}`
)

func noon() time.Time { return time.Unix(1_767_225_600, 0) }

// fakeBus keeps what is published, or fails.
type fakeBus struct {
	events.Bus
	err error
	got []events.Envelope
}

func (b *fakeBus) Publish(_ context.Context, e events.Envelope) error {
	if b.err == nil {
		b.got = append(b.got, e)
	}
	return b.err
}

type reply struct {
	ID, Type, Correlation, Error, Hint string
	Problems                           []events.Problem
}

func post(t *testing.T, h http.Handler, method, body string, header http.Header) (*httptest.ResponseRecorder, reply) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, webhook.Path, strings.NewReader(body))
	request.Header = header
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	var r reply
	if err := json.NewDecoder(recorder.Body).Decode(&r); err != nil {
		t.Fatalf("decode answer: %v", err)
	}
	return recorder, r
}

func with(header http.Header, name, value string) http.Header {
	changed := maps.Clone(header)
	changed.Set(name, value)
	return changed
}

func TestRefusals(t *testing.T) {
	signed := webhook.Sign(secret, noon(), []byte(good))
	large := `{"project":"` + strings.Repeat("x", webhook.MaxBody) + `"}`
	sign := func(body string) http.Header { return webhook.Sign(secret, noon(), []byte(body)) }
	at := func(d time.Duration) http.Header { return webhook.Sign(secret, noon().Add(d), []byte(good)) }
	for _, c := range []struct {
		name   string
		method string
		body   string
		header http.Header
		status int
		says   string
	}{
		{"get", http.MethodGet, "", signed, 405, "only POST"},
		{"put", http.MethodPut, good, signed, 405, "only POST"},
		{"no content type", "", good, with(signed, "Content-Type", ""), 415, "content type"},
		{"form", "", good, with(signed, "Content-Type", "application/x-www-form-urlencoded"), 415, "content type"},
		{"unsigned", "", good, http.Header{"Content-Type": {"application/json"}}, 401, "not signed"},
		{"no timestamp", "", good, with(signed, webhook.TimestampHeader, ""), 401, "not signed"},
		{"timestamp is no number", "", good, with(signed, webhook.TimestampHeader, "noon"), 401, "seconds since 1970"},
		{"timestamp overflows", "", good, with(signed, webhook.TimestampHeader, "99999999999999999999"), 401, "seconds since 1970"},
		{"other timestamp", "", good, with(signed, webhook.TimestampHeader, "1767225601"), 401, "signature does not fit"},
		{"timestamp spelled otherwise", "", good, with(signed, webhook.TimestampHeader, "+1767225600"), 401, "signature does not fit"},
		{"signature without prefix", "", good, with(signed, webhook.SignatureHeader, strings.Repeat("0", 64)), 401, "64 hex digits"},
		{"signature too short", "", good, with(signed, webhook.SignatureHeader, "sha256=00"), 401, "64 hex digits"},
		{"signature is no hex", "", good, with(signed, webhook.SignatureHeader, "sha256="+strings.Repeat("z", 64)), 401, "64 hex digits"},
		{"other secret", "", good, webhook.Sign("guess", noon(), []byte(good)), 401, "signature does not fit"},
		{"empty secret", "", good, webhook.Sign("", noon(), []byte(good)), 401, "signature does not fit"},
		{"other body", "", good + " ", signed, 401, fmt.Sprintf("signature does not fit the %d bytes that came", len(good)+1)},
		{"bad JSON, bad signature", "", `{`, signed, 401, "signature does not fit"},
		{"too old", "", good, at(-5*time.Minute - time.Second), 401, "timestamp"},
		{"too new", "", good, at(5*time.Minute + time.Second), 401, "timestamp"},
		{"long ago", "", good, webhook.Sign(secret, time.Unix(-1<<62, 0), []byte(good)), 401, "timestamp"},
		{"far ahead", "", good, webhook.Sign(secret, time.Unix(1<<62, 0), []byte(good)), 401, "timestamp"},
		{"too large", "", large, sign(large), 413, "1 MiB"},
		{"no JSON", "", `{`, sign(`{`), 400, "not a JSON object"},
		{"two values", "", good + good, sign(good + good), 400, "not a JSON object"},
		{"list", "", `[]`, sign(`[]`), 400, "not a JSON object"},
		{"wrong type", "", `{"project":7}`, sign(`{"project":7}`), 400, "project: is a number, want a string"},
		{"nothing in it", "", `{}`, sign(`{}`), 400, "template: is required"},
		{"null", "", `null`, sign(`null`), 400, "project: is required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bus := &fakeBus{}
			h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{"", secret}, Now: noon})
			if c.method == "" {
				c.method = http.MethodPost
			}
			response, r := post(t, h, c.method, c.body, c.header)
			if response.Code != c.status || !strings.Contains(r.Error, c.says) {
				t.Errorf("got %d %q, want %d %q", response.Code, r.Error, c.status, c.says)
			}
			if len(bus.got) > 0 || r.ID != "" {
				t.Errorf("refused and yet stored: %v %v", bus.got, r.ID)
			}
			if c.status == 405 && response.Header().Get("Allow") != http.MethodPost {
				t.Error("no Allow header")
			}
		})
	}
}

func TestEveryFieldThatIsMissingIsNamed(t *testing.T) {
	h := webhook.New(webhook.Config{Bus: &fakeBus{}, Secrets: []string{secret}, Now: noon})
	for _, c := range []struct {
		name, body string
		keys       []string
	}{
		{"all", `{}`, []string{"project", "revision", "template", "components"}},
		{"blank", `{"project":" ","revision":"1","template":"t","components":{"a":"b"}}`, []string{"project"}},
		{"image names", `{"project":"p","revision":"1","template":"t","components":{"a":"registry.example/Acme/Shop:1","b":"api:v1:v2","c":"api:"}}`, []string{"components.a", "components.b", "components.c"}},
		{"no image", `{"project":"p","revision":"1","template":"t","components":{"a":"","":"x"}}`, []string{"components", "components.a"}},
		{
			"control characters and length", `{"project":"p","revision":"1\n2","template":"` + strings.Repeat("t", 600) + `","environment":"e\u0000","components":{"a":"b"}}`,
			[]string{"revision", "template", "environment"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			response, r := post(t, h, http.MethodPost, c.body, webhook.Sign(secret, noon(), []byte(c.body)))
			var keys []string
			for _, p := range r.Problems {
				keys = append(keys, p.Key)
			}
			if diff := cmp.Diff(c.keys, keys); diff != "" || response.Code != http.StatusBadRequest {
				t.Errorf("status %d, keys (-want +got):\n%s", response.Code, diff)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"plain", webhook.Sign(secret, noon(), []byte(good))},
		{"old secret", webhook.Sign("the one before", noon(), []byte(good))},
		{"as old as may be", webhook.Sign(secret, noon().Add(-webhook.Tolerance), []byte(good))},
		{"as new as may be", webhook.Sign(secret, noon().Add(webhook.Tolerance), []byte(good))},
		{"with charset", with(webhook.Sign(secret, noon(), []byte(good)), "Content-Type", "application/json; charset=utf-8")},
	} {
		t.Run(c.name, func(t *testing.T) {
			bus := &fakeBus{}
			h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret, "the one before"}, Now: noon})
			response, r := post(t, h, http.MethodPost, good, c.header)
			if response.Code != http.StatusAccepted || len(bus.got) != 1 {
				t.Fatalf("got %d %+v, events %v", response.Code, r, bus.got)
			}
			meta, build, err := events.BuildSucceededTopic.Parse(bus.got[0])
			if err != nil {
				t.Fatal(err)
			}
			want := events.BuildSucceeded{Project: "shop", Revision: "4f1c2e9aa", Template: "shop", Components: map[string]string{"api": "shop:v2"}}
			if diff := cmp.Diff(want, build); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(reply{ID: meta.ID, Type: events.BuildSucceededTopic.Type(), Correlation: meta.Correlation}, r); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(r.Correlation, "shop-4f1c2e9-") {
				t.Errorf("correlation is %q", r.Correlation)
			}
		})
	}
}

func TestBusDown(t *testing.T) {
	h := webhook.New(webhook.Config{Bus: &fakeBus{err: errors.New("no server")}, Secrets: []string{secret}, Now: noon})
	response, r := post(t, h, http.MethodPost, good, webhook.Sign(secret, noon(), []byte(good)))
	if response.Code != http.StatusServiceUnavailable || response.Header().Get("Retry-After") == "" || r.ID != "" {
		t.Errorf("got %d %v %+v", response.Code, response.Header(), r)
	}
	if strings.Contains(r.Error, "no server") {
		t.Errorf("the answer tells of the inside: %q", r.Error)
	}
}

func TestSecretsStayOut(t *testing.T) {
	var log strings.Builder
	h := webhook.New(webhook.Config{
		Bus: &fakeBus{}, Secrets: []string{secret}, Now: noon,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	for _, by := range []string{secret, "other"} {
		header := webhook.Sign(by, noon(), []byte(good))
		_, r := post(t, h, http.MethodPost, good, header)
		signature := strings.TrimPrefix(header.Get(webhook.SignatureHeader), "sha256=")
		for _, hidden := range []string{secret, signature} {
			if strings.Contains(log.String(), hidden) || strings.Contains(r.Error+r.ID+r.Hint, hidden) {
				t.Errorf("%q is in the log or the answer:\n%s\n%+v", hidden, log.String(), r)
			}
		}
	}
}

// TestReplayWorksOnce posts one request twice to a real bus.
func TestReplayWorksOnce(t *testing.T) {
	bus := natsbustest.Open(t)
	h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: noon})
	header := webhook.Sign(secret, noon(), []byte(good))
	_, first := post(t, h, http.MethodPost, good, header)
	upper := with(header, webhook.SignatureHeader, "sha256="+strings.ToUpper(strings.TrimPrefix(header.Get(webhook.SignatureHeader), "sha256=")))
	response, second := post(t, h, http.MethodPost, good, upper)
	if response.Code != http.StatusAccepted || first.ID == "" || !cmp.Equal(first, second) {
		t.Errorf("got %+v and %d %+v", first, response.Code, second)
	}
	var seen []string
	err := bus.Watch(t.Context(), events.Filter{Since: time.Now().Add(-time.Minute), UntilCaughtUp: true}, func(e events.Envelope) bool {
		seen = append(seen, e.ID)
		return true
	})
	if err != nil || !slices.Equal(seen, []string{first.ID}) {
		t.Errorf("stored events %v, %v; want %s once", seen, err, first.ID)
	}
}

// TestAnswersWithin50ms posts to a real listener with a real bus behind it. On a busy
// machine an answer takes no more than some times what the bus needs to store an event.
func TestAnswersWithin50ms(t *testing.T) {
	const posts = 500
	bus := natsbustest.Open(t)
	server := httptest.NewServer(webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: time.Now}))
	t.Cleanup(server.Close)
	var answers, publishes []time.Duration
	for i := range posts {
		answers = append(answers, answerTime(t, server, i))
		publishes = append(publishes, publishTime(t, bus, i))
	}
	stored := 0
	err := bus.Watch(t.Context(), events.Filter{Since: time.Now().Add(-time.Minute), UntilCaughtUp: true}, func(events.Envelope) bool {
		stored++
		return true
	})
	if err != nil || stored != 2*posts {
		t.Errorf("%d events are stored after %d answers of 202 and as many events: %v", stored, posts, err)
	}
	slices.Sort(answers)
	slices.Sort(publishes)
	p50, bare := answers[posts/2], publishes[posts/2]
	t.Logf("%d posts: p50 %s, most %s; the bus alone: p50 %s", posts, p50, answers[posts-1], bare)
	if p50 > 10*bare {
		t.Errorf("p50 is %s, more than 10 times the %s of the bus alone", p50, bare)
	}
	timebound.Check(t, "p99 of the answers", answers[posts*99/100], 50*time.Millisecond)
}

// answerTime reports a build to the webhook and returns how long the answer took.
func answerTime(t *testing.T, server *httptest.Server, nth int) time.Duration {
	t.Helper()
	body := strings.Replace(good, "4f1c2e9aa", strconv.Itoa(nth), 1)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+webhook.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = webhook.Sign(secret, time.Now(), []byte(body))
	began := time.Now()
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	took := time.Since(began)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("post %d: %s, %v", nth, response.Status, err)
	}
	return took
}

// publishTime stores an event without the webhook and returns how long that took.
func publishTime(t *testing.T, bus events.Bus, nth int) time.Duration {
	t.Helper()
	stamp := events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return "bare-" + strconv.Itoa(nth) }}
	began := time.Now()
	err := events.BuildSucceededTopic.Publish(t.Context(), bus, stamp.First("bare"), events.BuildSucceeded{
		Project: "bare", Revision: strconv.Itoa(nth), Components: map[string]string{"api": "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

func TestOnlyItsOwnPathIsAHook(t *testing.T) {
	bus := &fakeBus{}
	h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: noon})
	for _, path := range []string{"/v1/hooks/nope", "/v1/hooks/", webhook.Path + "/", webhook.Path + "x"} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(good))
		request.Header = webhook.Sign(secret, noon(), []byte(good))
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusNotFound || !strings.Contains(recorder.Body.String(), webhook.Path) || len(bus.got) > 0 {
			t.Errorf("%s: %d %s with %d events", path, recorder.Code, recorder.Body, len(bus.got))
		}
	}
}

// TestBytesThatCurlChanged: curl -d drops the line breaks of a file, so that another body
// comes than was signed.
func TestBytesThatCurlChanged(t *testing.T) {
	body := strings.ReplaceAll(good, ",", ",\n")
	h := webhook.New(webhook.Config{Bus: &fakeBus{}, Secrets: []string{secret}, Now: noon})
	_, r := post(t, h, http.MethodPost, strings.ReplaceAll(body, "\n", ""), webhook.Sign(secret, noon(), []byte(body)))
	if !strings.Contains(r.Error, fmt.Sprint(len(good), " bytes")) || !strings.Contains(r.Hint, "--data-binary") {
		t.Errorf("error %q, hint %q", r.Error, r.Hint)
	}
}
