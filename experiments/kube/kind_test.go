package kube

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/probe/probetest"
)

// serving is an API server in the state that the suite asks for.
func serving(state probetest.State) http.Handler {
	const label = "app.kubernetes.io/name=api"
	one := []appsv1.Deployment{{}}
	if state == probetest.NoData {
		one = nil
	}
	pods := corev1.PodList{Items: []corev1.Pod{pod(corev1.ConditionTrue, false)}}
	if state == probetest.Breaks {
		pods.Items[0] = pod(corev1.ConditionFalse, false)
	}
	switch state { //nolint:exhaustive // the other states are those of the workload
	case probetest.Silent:
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	case probetest.Refused:
		return answers{}
	case probetest.Garbage:
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	}
	return answers{
		"/apis/apps/v1/namespaces/shop/deployments?" + label:  appsv1.DeploymentList{Items: one},
		"/apis/apps/v1/namespaces/shop/statefulsets?" + label: appsv1.StatefulSetList{},
		"/api/v1/namespaces/shop/pods?" + label:               pods,
	}
}

func TestKind(t *testing.T) {
	probetest.Run(t, probetest.Suite{
		Part:        `{"component":"api"}`,
		Unconnected: Kind(nil),
		Open: func(t *testing.T, state probetest.State) probe.Kind {
			t.Helper()
			if state != probetest.Nobody {
				return Kind(client(t, serving(state)))
			}
			s := httptest.NewServer(http.NotFoundHandler())
			s.Close()
			c, err := New(&rest.Config{Host: s.URL})
			if err != nil {
				t.Fatal(err)
			}
			return Kind(c)
		},
		Never: map[probetest.State]string{
			probetest.NotANumber: "pods are counted", probetest.Ambiguous: "pods are counted",
			probetest.Stale: "the API server is asked each time",
		},
		Invalid: map[string][]string{
			`{}`:                               {""},
			`{"component":"api","labels":"a"}`: {"", "min"},
			`{"component":"API"}`:              {"component"},
			`{"component":"api","min":1}`:      {"min"},
			`{"labels":"app=api"}`:             {"min"},
			`{"labels":"app=api","min":0}`:     {"min"},
			`{"labels":"app===x","min":1}`:     {"labels"},
			`{"labels":"app=api","min":1.5}`:   {"min"},
		},
	})
}

func TestStatement(t *testing.T) {
	for part, want := range map[string]string{
		`{"component":"api"}`:              "all wanted replicas of component api are Ready",
		`{"labels":"a=b","min":2}`:         "at least 2 pods with a=b are Ready",
		`{"labels":"a in (b, c)","min":1}`: "at least 1 pods with a in (b, c) are Ready",
	} {
		p, problems := Kind(nil).Check(json.RawMessage(part))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := p.Condition().Statement; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
