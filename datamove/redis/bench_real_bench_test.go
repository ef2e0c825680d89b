//go:build real

package redis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// The bounds of issue 3, in keys a second.
const (
	benchKeys      = 400_000
	scanBound      = 120_000
	replicaofBound = 250_000
	benchRounds    = 3
)

// mixed fills a server: 60 % strings of 100 bytes, hashes, lists, sorted sets;
// about 85 MB.
func mixed(t testing.TB, c *goredis.Client, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	ctx := t.Context()
	for i := 0; i < n; {
		p := c.Pipeline()
		for range min(1000, n-i) {
			k := fmt.Sprintf("key:%d", i)
			switch {
			case i%10 < 6:
				life := time.Duration(0)
				if i%4 == 0 {
					life = 24 * time.Hour
				}
				p.Set(ctx, k, noise(100), life)
			case i%10 < 8:
				p.HSet(ctx, k, "name", noise(20), "mail", noise(30), "n", strconv.Itoa(i))
			case i%10 < 9:
				p.RPush(ctx, k, noise(20), noise(20), noise(20), noise(20))
			default:
				p.ZAdd(ctx, k, goredis.Z{Score: r.Float64(), Member: noise(10)}, goredis.Z{Score: 2, Member: noise(10)}, goredis.Z{Score: 3, Member: noise(10)})
			}
			i++
		}
		if _, err := p.Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// clock notes when the steps of a copy began.
type clock struct{ steps map[string]time.Time }

func (c *clock) Step(name string) {
	if _, again := c.steps[name]; !again {
		c.steps[name] = time.Now()
	}
}
func (c *clock) Count(string, int64, int64, int64) {}

func BenchmarkScan(b *testing.B)      { benchmark(b, modeScan, "copy", scanBound) }
func BenchmarkReplicaof(b *testing.B) { benchmark(b, modeReplicaof, "replicate", replicaofBound) }

// benchmark copies benchRounds times an iteration and takes the medians: of the
// copy alone, which has the bound, and with the comparison.
func benchmark(b *testing.B, mode, step string, bound float64) {
	// A source waits 5 s for more replicas before it sends its data to one; not here.
	from := storetest.Redis(b, "--repl-diskless-sync-delay", "0")
	to := storetest.Redis(b)
	mixed(b, client(b, from, 0), benchKeys)
	j := job(b, from, to)
	j.Store.Redis = datamove.Redis{Mode: mode, Disposable: true}
	var copies, all []float64
	for b.Loop() {
		for range benchRounds {
			must(b, client(b, to, 0), "flushall")
			j.StateDir = b.TempDir()
			c := &clock{steps: map[string]time.Time{}}
			began := time.Now()
			part, err := New().Copy(b.Context(), j, c)
			if err != nil {
				b.Fatal(err)
			}
			ended := time.Now()
			wantEqual(b, part)
			copies = append(copies, benchKeys/c.steps["compare"].Sub(c.steps[step]).Seconds())
			all = append(all, benchKeys/ended.Sub(began).Seconds())
		}
	}
	b.ReportMetric(median(copies), "keys/s")
	b.ReportMetric(bound, "keys/s-bound")
	b.ReportMetric(median(all), "keys/s-verified")
	if got := median(copies); got < bound {
		b.Errorf("%s copies %.0f keys/s, want at least %.0f", mode, got, bound)
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
