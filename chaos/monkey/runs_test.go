package monkey

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// TestNamesOfDerivedExperiments are DNS labels, of two components two.
func TestNamesOfDerivedExperiments(t *testing.T) {
	schedule := strings.Repeat("a", 50)
	seen := map[string]string{}
	for _, component := range []string{"api", "component-12", "component-123", "component-124", "co---------nent"} {
		raw, err := derive([]byte(`{"metadata": {}, "spec": {}}`), schedule, component, spec.Fault{Fault: "pod-kill"})
		if err != nil {
			t.Fatal(err)
		}
		var d events.Header
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		name := d.Metadata.Name
		if other, ok := seen[name]; ok || !events.IsDNSLabel(name) {
			t.Errorf("%s has the name %q, and so has %q", component, name, other)
		}
		seen[name] = component
	}
}
