//go:build real

package kube_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/envstest"
)

// TestSoakForeign plays rounds in which others use the cluster, too: 40, or as many as
// SHAKEDOWN_SOAK says, by a seed of their own. SEED=n plays those of a seed again.
func TestSoakForeign(t *testing.T) {
	rounds, seed := 40, uint64(1)
	if soak, err := strconv.Atoi(os.Getenv("SHAKEDOWN_SOAK")); err == nil {
		rounds, seed = soak, uint64(time.Now().UnixNano())
	}
	if again, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = again
	}
	config := testConfig()
	config.ExpiryEvery = 500 * time.Millisecond
	envstest.Test(t, newOthers(t), config, rounds, 40, seed)
}

// watched are the requests of a service.
type watched struct {
	next   http.RoundTripper
	before func(envstest.Verb, envstest.At)
}

func watching(before func(envstest.Verb, envstest.At)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return watched{next, before} }
}

// RoundTrip lets somebody be quicker than a request that changes an object.
func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	verbs := map[string]envstest.Verb{http.MethodPost: envstest.Create, http.MethodPatch: envstest.Update, http.MethodDelete: envstest.Remove}
	if verb, ok := verbs[r.Method]; ok {
		w.before(verb, placeOf(r))
	}
	return w.next.RoundTrip(r)
}

// placeOf is the object of a request: of its path, or of its body when it is to be made.
func placeOf(r *http.Request) envstest.At {
	_, path, _ := strings.Cut(r.URL.Path, "/v1/namespaces")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/") // "", "shop", "shop/deployments", "shop/deployments/api"
	at := envstest.At{Space: parts[0]}
	if len(parts) < 2 {
		at.Space = nameOf(r, parts, 0)
		at.Ref = envs.Ref{Kind: envstest.Namespace, Name: at.Space}
		return at
	}
	at.Ref = envs.Ref{Kind: envstest.Service, Name: nameOf(r, parts, 2)}
	if parts[1] == "deployments" {
		at.Kind = envstest.Deployment
	}
	return at
}

// nameOf is that part of the path, or the name in the body where there is none.
func nameOf(r *http.Request, parts []string, n int) string {
	if len(parts) > n && parts[n] != "" {
		return parts[n]
	}
	var m struct{ Metadata struct{ Name string } }
	if body, err := r.GetBody(); err == nil {
		raw, _ := io.ReadAll(body)
		_ = json.Unmarshal(raw, &m) // what cannot be read is nobody's
	}
	return m.Metadata.Name
}
