package node

import (
	"testing"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
)

// TestKinds puts every kind of the table through what all kinds must pass.
func TestKinds(t *testing.T) {
	for i, kind := range Kinds(nil, nil, Options{}) {
		name := kind.Describe().Name
		t.Run(name, func(t *testing.T) {
			chaostest.TestKind(t, func(*testing.T) chaostest.Target {
				f := newFake()
				return chaostest.Target{
					Kind: Kinds(f, f, Options{})[i], Request: request(name), Replace: f.replace, Hits: f.hit,
				}
			})
		})
	}
}
