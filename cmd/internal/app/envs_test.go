package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
)

// TestQuantitiesAsPeopleWriteThem: what YAML takes for a number is a quantity as it
// stands there.
func TestQuantitiesAsPeopleWriteThem(t *testing.T) {
	const raw = `apiVersion: shakedown.dev/v1
kind: Environment
metadata: {name: shop}
spec:
  components:
    api:
      image: shop:v1
      resources: {requests: {cpu: 0.30, memory: 1e9}, limits: {cpu: 1, memory: "2Gi"}}
`
	documents, problems := spec.Reader{Kinds: Kinds()}.Parse("f.yaml", []byte(raw))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := envs.Resources{
		Requests: map[string]envs.Quantity{"cpu": "0.30", "memory": "1e9"}, Limits: map[string]envs.Quantity{"cpu": "1", "memory": "2Gi"},
	}
	if diff := cmp.Diff(want, documents[0].Value.(*envs.Document).Spec.Components["api"].Resources); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
}
