//go:build real

package s3

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// The bounds to the peer, and how often both take turns.
const (
	copyBound = 0.8
	noopBound = 0.6
	rounds    = 5
	objects   = 6000
)

// rcloneSettings are those that may be rclone's best. Whatever they are, it sends a copy
// and a HEAD for each object; without the HEAD (--s3-no-head-object) it does not know
// what it has copied, and fails.
func rcloneSettings() [][]string {
	return [][]string{
		{"--transfers", "16", "--checkers", "16"},
		{"--transfers", "32", "--checkers", "32"},
		{"--transfers", "64", "--checkers", "64"},
		{"--transfers", "128", "--checkers", "64"},
	}
}

// BenchmarkAgainstRclone copies 6,000 e-mails and four objects of 40 MB inside one
// server, and then again with nothing to do, in turns with rclone at its best.
func BenchmarkAgainstRclone(b *testing.B) {
	inMemory(b)
	r := newRig(b, storetest.S3(b))
	r.fill(b, objects, 1)
	for _, key := range []string{"big/1", "big/2", "big/3", "big/4"} {
		r.put(b, "src", key, make([]byte, 40<<20))
	}
	config := r.rclone(b)
	best := r.bestOfRclone(b, config)
	times := map[string][]time.Duration{}
	note := func(name string, began time.Time) { times[name] = append(times[name], time.Since(began)) }
	for b.Loop() {
		for range rounds {
			r.empty(b, "dst")
			began := time.Now()
			copied(b, adapter(), r.job(b))
			note("copy", began)
			j := r.job(b)
			j.Store.Existing = datamove.ExistingReplace
			began = time.Now()
			if p := copied(b, adapter(), j); p.Units[0].Copied != 0 {
				b.Errorf("the second run copied: %+v", p.Units)
			}
			note("noop", began)
			began = time.Now()
			if _, err := adapter().Plan(b.Context(), j); err != nil {
				b.Error(err)
			}
			note("plan", began)

			r.empty(b, "dst2")
			began = time.Now()
			runRclone(b, config, "copy", best...)
			note("rclone copy", began)
			began = time.Now()
			runRclone(b, config, "sync", best...)
			note("rclone sync", began)
		}
	}
	b.Logf("%v", times)
	for name, all := range times {
		b.ReportMetric(float64(median(all).Milliseconds()), strings.ReplaceAll(name, " ", "-")+"-ms")
	}
	bounded(b, "copy/rclone", times["copy"], times["rclone copy"], copyBound)
	bounded(b, "noop/rclone", times["noop"], times["rclone sync"], noopBound)
}

// bestOfRclone are the settings with which it was fastest, of two copies with each.
func (r *rig) bestOfRclone(b *testing.B, config string) []string {
	b.Helper()
	best, least := []string(nil), time.Hour
	for range 2 {
		for _, flags := range rcloneSettings() {
			r.empty(b, "dst2")
			began := time.Now()
			runRclone(b, config, "copy", flags...)
			took := time.Since(began)
			b.Logf("rclone copy %v: %s", flags, took)
			if took < least {
				best, least = flags, took
			}
		}
	}
	return best
}

// inMemory puts the folders of the test on a file system in memory, where there is
// one: on a disk that others use as well, the figures are those of the disk.
func inMemory(b *testing.B) {
	const shm = "/dev/shm"
	var fs syscall.Statfs_t
	if err := syscall.Statfs(shm, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) > 2<<30 {
		b.Setenv("TMPDIR", shm)
	}
}

func bounded(b *testing.B, name string, ours, peers []time.Duration, bound float64) {
	ratio := float64(median(ours)) / float64(median(peers))
	b.ReportMetric(ratio, name)
	b.ReportMetric(bound, name+"-bound")
	if ratio > bound {
		b.Errorf("%s is %.2f, more than %.2f", name, ratio, bound)
	}
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// rclone writes a configuration for rclone: the key pair is in no argument.
func (r *rig) rclone(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rclone.conf")
	text := "[s]\ntype = s3\nprovider = Other\nforce_path_style = true\nendpoint = " + r.Endpoint + "\nregion = " + storetest.S3Region +
		"\naccess_key_id = " + r.AccessKey + "\nsecret_access_key = " + r.SecretKey + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// runRclone runs rclone with its best settings for one server.
func runRclone(t testing.TB, config, verb string, flags ...string) {
	t.Helper()
	args := append([]string{"--config", config, verb, "s:src", "s:dst2", "--checksum", "--fast-list", "--s3-no-check-bucket", "--quiet"}, flags...)
	cmd := exec.CommandContext(t.Context(), "rclone", args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_CA_BUNDLE=") })
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("rclone: %v\n%s", err, out[max(0, len(out)-1000):])
	}
}

// empty removes everything from a bucket.
func (r *rig) empty(t testing.TB, bucket string) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(r.client, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		p, err := pages.NextPage(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Contents) == 0 {
			return
		}
		var ids []types.ObjectIdentifier
		for _, o := range p.Contents {
			ids = append(ids, types.ObjectIdentifier{Key: o.Key})
		}
		if _, err := r.client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)}}); err != nil {
			t.Fatal(err)
		}
	}
}
