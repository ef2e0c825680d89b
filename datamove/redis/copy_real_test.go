//go:build real

package redis

import (
	"testing"

	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestCopyEveryType(t *testing.T) {
	from, to := storetest.Redis(t), storetest.Redis(t)
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	part := copied(t, job(t, from, to))
	wantSame(t, a, b)
	t.Logf("%+v", part)
}

// Each setting changes encodings at the target, so that payloads tell nothing.
func TestCopyBetweenEncodings(t *testing.T) {
	from := storetest.Redis(t)
	to := storetest.Redis(t, "--hash-max-listpack-entries", "0", "--set-max-intset-entries", "0", "--zset-max-listpack-entries", "0", "--list-max-listpack-size", "2")
	a, b := client(t, from, 0), client(t, to, 0)
	corpus(t, a)
	copied(t, job(t, from, to))
	wantSame(t, a, b)
}
