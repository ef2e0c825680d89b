package prom

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/probe/probetest"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// answering is a Prometheus in the state that the suite asks for. Its newest sample is
// two seconds older than the evaluation.
func answering(state probetest.State) http.HandlerFunc {
	age := 2 * time.Second
	if state == probetest.Stale {
		age = time.Minute
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if state == probetest.Refused {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var at float64
		_, _ = fmt.Sscan(r.FormValue("time"), &at) // it is a number, or the test fails
		sample := func(labels, value string) string {
			return fmt.Sprintf(`{"metric":{%s},"value":[%f,%q]}`, labels, at, value)
		}
		if strings.Contains(r.FormValue("query"), indexLabel) {
			seen := fmt.Sprint(at - age.Seconds())
			fmt.Fprint(w, vector(sample(`"`+indexLabel+`":"0"`, seen), sample(`"`+indexLabel+`":"0`+oldest+`"`, seen)))
			return
		}
		fmt.Fprint(w, map[probetest.State]string{
			probetest.Holds: vector(sample("", "1")), probetest.Breaks: vector(sample("", "0.5")), probetest.NoData: vector(),
			probetest.NotANumber: vector(sample("", "NaN")), probetest.Ambiguous: vector(sample(`"a":"1"`, "1"), sample(`"a":"2"`, "1")),
			probetest.Stale: vector(sample("", "1")), probetest.Garbage: "<html>",
		}[state])
	}
}

func TestKind(t *testing.T) {
	probetest.Run(t, probetest.Suite{
		Part:        `{"query":"sum(up{namespace=\"${namespace}\"})","compare":">=","value":0.99,"maxAge":"15s"}`,
		Unconnected: Kind(nil),
		Open: func(t *testing.T, state probetest.State) probe.Kind {
			t.Helper()
			handler := http.Handler(answering(state))
			if state == probetest.Silent {
				handler = http.HandlerFunc(late)
			}
			s := httptest.NewServer(handler)
			t.Cleanup(s.Close)
			if state == probetest.Nobody {
				s.Close()
			}
			return Kind(client(t, Config{URL: s.URL}))
		},
		Invalid: map[string][]string{
			`{}`:                                    {"compare", "query", "value"},
			`{"query":" ","compare":">","value":1}`: {"query"},
			`{"query":"up{a=\"${pod}\"}","compare":">","value":1}`:      {"query"},
			`{"query":"up{","compare":">","value":1}`:                   {"query"},
			`{"query":"rate(up[$__interval])","compare":">","value":1}`: {"query"},
			`{"query":"up","compare":"=~","value":1}`:                   {"compare"},
			`{"query":"up","compare":">"}`:                              {"value"},
			`{"query":"up","compare":">","value":"1"}`:                  {"value"},
			`{"query":"up","compare":">","value":1,"maxAge":"-1s"}`:     {"maxAge"},
			`{"query":"up","compare":">","value":1,"maxAge":"soon"}`:    {""},
		},
	})
}

func TestDefaultsAndVariables(t *testing.T) {
	p, problems := Kind(nil).Check(json.RawMessage(`{"query":"a{n=\"${namespace}\"}","compare":"<=","value":0}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := Part{Query: `a{n="shop"}`, Compare: "<=", Value: new(0.0), MaxAge: events.Duration(15 * time.Second)}
	if diff := cmp.Diff(want, p.Resolve(spec.Variables{Namespace: "shop"}).Part()); diff != "" {
		t.Error(diff)
	}
}

// TestBackReferences: what label_replace means by ${1} is no variable of ours, and stays.
func TestBackReferences(t *testing.T) {
	const query = `max(label_replace(a{namespace="shop"}, "family", "${1}", "pod", "([a-z]+)-.*"))`
	raw, err := json.Marshal(Part{Query: query, Compare: ">", Value: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	p, problems := Kind(nil).Check(raw)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := p.Resolve(spec.Variables{Namespace: "shop"}).Condition().Query; got != query {
		t.Errorf("the query became %s", got)
	}
}
