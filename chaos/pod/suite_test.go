package pod

import (
	"testing"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
)

// TestKinds puts every kind of the table through what all kinds must pass.
func TestKinds(t *testing.T) {
	for i, kind := range Kinds(nil) {
		t.Run(kind.Describe().Name, func(t *testing.T) {
			chaostest.TestKind(t, func(*testing.T) chaostest.Target {
				f := newTown()
				req := requestOf(kind)
				return chaostest.Target{
					Kind: Kinds(f)[i], Request: req, Replace: f.impostor,
					Hits: f.killed,
				}
			})
		})
	}
}
