package feed_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	"github.com/shakedown-dev/shakedown/chaos/monkey/feed"
	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const holiday = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20271225\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func schedule(holidays, freezes spec.Calendar) spec.Document {
	var d spec.Document
	d.Spec.TimeZone = "UTC"
	d.Spec.Holidays.Calendars, d.Spec.Freezes.Calendars = []spec.Calendar{holidays}, []spec.Calendar{freezes}
	return d
}

func year() wall.Span {
	return wall.Span{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func TestClosures(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(holiday, "Christmas", "freeze")))
	}))
	defer server.Close()
	f := &feed.Feed{Client: server.Client()}
	defer f.Client.CloseIdleConnections()
	got, err := f.Closures(t.Context(), schedule(spec.Calendar{Text: holiday}, spec.Calendar{URL: server.URL + "/moved"}), year())
	if err != nil {
		t.Fatal(err)
	}
	span := wall.Span{From: time.Date(2027, 12, 25, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 12, 26, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff([]plan.Closure{{Span: span, Why: "Christmas"}, {Span: span, Why: "freeze"}}, got); diff != "" {
		t.Errorf("closures (-want +got):\n%s", diff)
	}
}

// TestUnreadable: whatever is wrong with one calendar, there are no closures, and the error
// names it.
func TestUnreadable(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/503":
			http.Error(w, "busy", http.StatusServiceUnavailable)
		case "/truncated":
			_, _ = w.Write([]byte(holiday[:120]))
		case "/short":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(holiday))
		case "/large":
			_, _ = w.Write(make([]byte, calendar.MaxSize+10))
		case "/slow":
			<-hang
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/empty":
		}
	}))
	defer server.Close()
	defer close(hang)
	f := feed.New()
	defer f.Client.CloseIdleConnections()
	for path, want := range map[string]string{
		"/503": "the answer is 503", "/404": "is not a whole iCalendar file", "/truncated": "is not a whole iCalendar file",
		"/short": "unexpected EOF", "/large": "has more than 4 MiB", "/slow": "deadline", "/loop": "redirects", "/empty": "is not a whole",
		gone.URL: "refused", "file": "only the command reads",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		c := spec.Calendar{URL: server.URL + path}
		switch path {
		case gone.URL:
			c.URL = path
		case "file":
			c = spec.Calendar{File: path}
		case "/slow":
			cancel()
			want = "canceled"
		}
		got, err := f.Closures(ctx, schedule(spec.Calendar{Text: holiday}, c), year())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "calendar "+c.String()) || got != nil {
			t.Errorf("%s: %d closures and %v, want %q", path, len(got), err, want)
		}
		cancel()
	}
}
