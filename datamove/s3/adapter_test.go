package s3

import (
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

func hasty() *Adapter {
	return New(Options{Patience: 200 * time.Millisecond, Down: 200 * time.Millisecond, Timeout: time.Second})
}

// equalCopy copies and wants it equal.
func equalCopy(t *testing.T, j datamove.Job) datamove.Part {
	t.Helper()
	p, err := hasty().Copy(t.Context(), j, nil)
	if err != nil || p.Verdict != datamove.Equal {
		t.Fatalf("%s, %v, %s, %+v", p.Verdict, err, p.Reason, p.Differences)
	}
	return p
}

// TestConnectionsEnd wants no connection to be left when a copy has ended.
func TestConnectionsEnd(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one")
	from, to, err := hasty().open(t.Context(), c.job(t))
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := from.page(t.Context(), nil, 1); p.err != nil {
		t.Fatal(p.err)
	}
	idle := from.client.Options().HTTPClient.(*http.Client).Transport
	if diff := cmp.Diff(true, idle == http.RoundTripper(from.connections)); diff != "" {
		t.Error("the client has another transport than the one that is closed")
	}
	from.close()
	to.close()
}

// TestNothingThere tells that there was nothing to copy.
func TestNothingThere(t *testing.T) {
	c := newCloud(t)
	if p := equalCopy(t, c.job(t)); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "no objects") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

// TestAnotherServer: a target that is not the one that was judged is refused.
func TestAnotherServer(t *testing.T) {
	j := newCloud(t).job(t)
	plan, err := hasty().Plan(t.Context(), j)
	if err != nil || plan.To.Endpoint == "" || !plan.To.Connectionless {
		t.Fatalf("target %+v, %v", plan.To, err)
	}
	j.Judged = "another"
	if p, err := hasty().Copy(t.Context(), j, nil); events.KindOf(err) != events.KindRefused || p.Verdict != datamove.Refused {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	j.Judged = plan.To.Fingerprint
	equalCopy(t, j)
}

// TestCertificates trusts the CA that is named, and nobody else.
func TestCertificates(t *testing.T) {
	c := newCloud(t)
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	c.url = server.URL
	c.put("src/a", "one")
	j := c.job(t)
	if p, err := New(Options{}).Copy(t.Context(), j, nil); !refused(err) || p.Verdict != datamove.Refused || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	j.From.CA, j.To.CA = path, path
	equalCopy(t, j)
	j.From.CA = filepath.Join(t.TempDir(), "none")
	if _, err := New(Options{}).Copy(t.Context(), j, nil); events.KindOf(err) != events.KindInvalid {
		t.Errorf("no such file: %v", err)
	}
}

// TestNoCopies has a server that knows storage classes and does not copy by itself.
func TestNoCopies(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "X-Amz-Storage-Class", "STANDARD_IA")
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get(sourceHeader) == "" {
			return false
		}
		refuse(w, http.StatusNotImplemented, "NotImplemented")
		return true
	}
	equalCopy(t, c.job(t))
	if got := c.see("dst/a").class; got != "STANDARD_IA" {
		t.Errorf("the class is %q", got)
	}
}
