//go:build real

package prom

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// exporter is a scrape target whose metrics a test writes.
type exporter struct {
	*httptest.Server
	page atomic.Pointer[string]
}

func newExporter(t *testing.T, page string) *exporter {
	t.Helper()
	e := &exporter{}
	e.page.Store(&page)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, *e.page.Load())
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *exporter) show(page string) { e.page.Store(&page) }

const scrapeInterval = 250 * time.Millisecond

// startPrometheus runs a real Prometheus that scrapes the exporter, and returns its
// address once it is ready.
func startPrometheus(t *testing.T, e *exporter) string {
	t.Helper()
	binary := sandboxtest.Program(t, "prometheus", "prometheus")
	dir := t.TempDir()
	config := fmt.Sprintf(`
global: {scrape_interval: %s, scrape_timeout: %s}
scrape_configs:
- job_name: test
  static_configs: [{targets: [%q]}]
`, scrapeInterval, scrapeInterval, e.Listener.Addr())
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	log := &strings.Builder{}
	cmd := exec.CommandContext(t.Context(), binary, "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Cancel(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("end prometheus: %v", err)
		}
		_ = cmd.Wait() // it was ended by a signal
		if t.Failed() {
			t.Log(log.String())
		}
	})
	p := client(t, Config{URL: "http://" + address})
	eventstest.Eventually(t, "prometheus answers", func() bool { return p.Ping(t.Context()) == nil })
	return "http://" + address
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// page is what a healthy exporter shows; two series of errors, one NaN, and a metric
// with a timestamp of its own.
func page(requests int, stamped time.Time) string {
	return fmt.Sprintf(`# TYPE ratio gauge
ratio 0.995
# TYPE nothing gauge
nothing NaN
# TYPE errors_total counter
errors_total{code="500"} 1
errors_total{code="503"} 2
# TYPE requests_total counter
requests_total %d
# TYPE old gauge
old 1 %d
`, requests, stamped.UnixMilli())
}

func TestRealPrometheus(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	began := time.Now()
	e := newExporter(t, page(1000, began))
	p := client(t, Config{URL: startPrometheus(t, e)})
	ask := func(query string, maxAge time.Duration) probe.Reading {
		return p.Query(t.Context(), query, maxAge, time.Now())
	}
	eventstest.Eventually(t, "there are samples", func() bool { return ask(`rate(requests_total[10s])`, time.Minute).Problem == nil })

	t.Run("value", func(t *testing.T) {
		got := ask("ratio", 5*time.Second)
		if got.Problem != nil || got.Value != 0.995 || *got.Age < 0 || *got.Age > 4*scrapeInterval {
			t.Errorf("got %+v, problem %+v", got, got.Problem)
		}
	})
	for query, want := range map[string]record.ProblemKind{
		`no_such_metric`:                       record.ProblemNoData,
		`sum(rate(no_such_metric[5s]))`:        record.ProblemNoData,
		`ratio{job="elsewhere"}`:               record.ProblemNoData,
		`nothing`:                              record.ProblemNotANumber,
		`ratio / 0`:                            record.ProblemNotANumber,
		`scalar(errors_total)`:                 record.ProblemNotANumber,
		`errors_total`:                         record.ProblemSeveralSeries,
		`ratio[5s]`:                            record.ProblemQuery,
		`ratio{`:                               record.ProblemQuery,
		`sum(no_such_metric) or vector(0)`:     record.ProblemNoData,
		`ratio and on() absent(no_such_thing)`: record.ProblemNoData,
		`count(ratio > 1)`:                     record.ProblemNothingLeft,
		`rate(requests_total[250ms])`:          record.ProblemWindow,
	} {
		t.Run(query, func(t *testing.T) {
			if got := ask(query, 5*time.Second); got.Problem == nil || got.Problem.Kind != want {
				t.Errorf("got %+v, problem %+v, want %s", got, got.Problem, want)
			}
		})
	}
	t.Run("counter reset", func(t *testing.T) {
		e.show(page(3, began))
		eventstest.Eventually(t, "the counter was reset", func() bool { return ask(`requests_total`, 5*time.Second).Value == 3 })
		got := ask(`rate(requests_total[10s])`, 5*time.Second)
		if got.Problem != nil || got.Value < 0 || got.Value > 100 {
			t.Errorf("got %+v, problem %+v", got, got.Problem)
		}
	})
	t.Run("samples with an old timestamp", func(t *testing.T) {
		eventstest.Eventually(t, "the metric is old", func() bool { return time.Since(began) > 2*time.Second })
		got := ask("old", time.Second)
		if got.Problem == nil || got.Problem.Kind != record.ProblemStale || !strings.Contains(got.Problem.Message, "old, at most 1s") {
			t.Errorf("got %+v, problem %+v", got, got.Problem)
		}
	})
	t.Run("exporter stops", func(t *testing.T) {
		e.Close()
		eventstest.Eventually(t, "there are no samples any more", func() bool { return ask("ratio", 5*time.Second).Problem != nil })
		// The trap: Prometheus itself goes on to give a value, and stamps it with now.
		answer, problem := p.instant(t.Context(), `rate(requests_total[1m])`, time.Now())
		if problem != nil {
			t.Fatalf("prometheus gives no value: %+v", problem)
		}
		if _, problem := single(answer); problem != nil {
			t.Fatalf("prometheus gives no value: %+v", problem)
		}
		got := ask(`rate(requests_total[1m])`, 5*time.Second)
		if got.Problem == nil || got.Problem.Kind != record.ProblemStale && got.Problem.Kind != record.ProblemGone {
			t.Errorf("got %+v, problem %+v", got, got.Problem)
		}
	})
}
