package mask

import (
	"testing"

	"github.com/shakedown-dev/shakedown/internal/golden"
)

func goldenEqual(t *testing.T, name, got string) {
	t.Helper()
	golden.Equal(t, name, []byte(got))
}
