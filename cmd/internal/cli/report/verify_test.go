package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/experiments/experimentstest"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

func ended() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// finished is the record of a run whose three probes were asked of a Prometheus that is
// scraped every second.
func finished(t *testing.T) record.Record {
	t.Helper()
	r := experimentstest.Run(1, ended())
	for i := range r.Probes {
		p := &r.Probes[i]
		r.Experiment.Spec.Hypothesis = append(r.Experiment.Spec.Hypothesis, spec.Probe{
			Name: p.Name, Must: p.Must, Parts: map[string]json.RawMessage{"prometheus": json.RawMessage(`{"query":"sum(up)","compare":">=","value":0.99}`)},
		})
	}
	seal(t, &r)
	return r
}

func seal(t *testing.T, r *record.Record) {
	t.Helper()
	verdict.Again(r, app.ProbeKinds().Advise)
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
}

// remembering is a Prometheus that has the samples of the first probe of the record, for the
// times from since on.
func remembering(t *testing.T, r record.Record, since time.Time) string {
	t.Helper()
	known := map[string]record.Sample{}
	for _, s := range r.Probes[0].Samples {
		if !s.At.Before(since) {
			known[strconv.FormatInt(s.At.UnixMilli(), 10)] = s
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		seconds, _ := strconv.ParseFloat(q.FormValue("time"), 64) // 0 is a time of which nothing is known
		s, ok := known[strconv.FormatInt(int64(seconds*1000+0.5), 10)]
		switch {
		case !ok && strings.HasSuffix(q.URL.Path, "/series"):
			fmt.Fprint(w, `{"status":"success","data":[]}`)
		case !ok:
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
		case strings.Contains(q.FormValue("query"), "timestamp("):
			newest := strconv.FormatFloat(float64(s.At.Add(-s.Age.Std()).UnixMilli())/1000, 'f', 3, 64)
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"shakedown_selector":"0"},"value":[%f,%q]},{"metric":{"shakedown_selector":"0-oldest"},"value":[%f,%q]}]}}`, seconds, newest, seconds, newest)
		default:
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%f,"%g"]}]}}`, seconds, *s.Value)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestVerify has what the command prints, and how it ends.
func TestVerify(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*record.Record)
		args   func(r record.Record) []string
		code   int
	}{
		"holds":     {},
		"one-value": {change: func(r *record.Record) { *r.Probes[1].Samples[12].Value = 0.5 }, code: kit.ExitDrift},
		"flipped":   {change: func(r *record.Record) { r.Verdict = record.Verdict{Word: record.Passed, Reason: "all\x1b[2J is well"} }, code: kit.ExitDrift},
		"rewritten": {
			change: func(r *record.Record) {
				r.Notes = nil
				r.Experiment.Spec.Description = "another one"
				r.Chain = nil
				_ = r.Seal()
			},
			args: func(r record.Record) []string { return []string{"--hash", r.Chain.Hash} }, code: kit.ExitDrift,
		},
		"same": {args: func(r record.Record) []string { return []string{"--prometheus", remembering(t, r, time.Time{})} }},
		"partly-kept": {
			args: func(r record.Record) []string {
				return []string{"--prometheus", remembering(t, r, r.Probes[0].Samples[20].At)}
			},
			code: kit.ExitPartly,
		},
		"gone": {args: func(r record.Record) []string { return []string{"--prometheus", remembering(t, r, ended())} }, code: kit.ExitPartly},
		"differs": {
			change: func(r *record.Record) { r.Probes[0].Samples[7].Value = new(1.0); seal(t, r) },
			args:   func(r record.Record) []string { return []string{"--prometheus", remembering(t, r, time.Time{})} }, code: kit.ExitDrift,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := finished(t)
			args := []string{filepath.Join(t.TempDir(), "run.json")}
			if tc.args != nil {
				args = append(args, tc.args(r)...)
			}
			if tc.change != nil {
				tc.change(&r)
			}
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(args[0], raw, 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd := newVerify(&kit.Deps{World: kit.World{Out: &out}, Output: "table"})
			cmd.SetArgs(args)
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			err = cmd.ExecuteContext(t.Context())
			if code := kit.ExitCode(t.Context(), err); code != tc.code {
				t.Errorf("exit code is %d (%v), want %d", code, err, tc.code)
			}
			golden.Equal(t, "verify-"+name+".golden", bytes.ReplaceAll(out.Bytes(), []byte(kit.Build().Version), []byte("VERSION")))
		})
	}
}

func TestReadTakesNoMoreThanARecordMayHave(t *testing.T) {
	endless := reader(func(p []byte) (int, error) { return len(p), nil })
	raw, err := read(&kit.Deps{World: kit.World{In: endless}}, "-")
	if err != nil || len(raw) != 16<<20+1 {
		t.Errorf("%d bytes: %v", len(raw), err)
	}
	broken := errors.New("broken pipe")
	if _, err := read(&kit.Deps{World: kit.World{In: reader(func([]byte) (int, error) { return 0, broken })}}, "-"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
