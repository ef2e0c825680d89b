//go:build real

package s3

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// kills is how many random points there are.
const kills = 60

// trap counts requests and strikes at one of them, before the server sees it or
// after it has done what it was asked.
type trap struct {
	mu     sync.Mutex
	n, at  int
	after  bool
	strike func()
}

// set sets the trap at the next at-th request; 0 only counts.
func (k *trap) set(at int, after bool, strike func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n, k.at, k.after, k.strike = 0, at, after, strike
}

// count ends the trap and returns how many requests there were.
func (k *trap) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = 0
	return k.n
}

// before puts the trap in front of a rig's server.
func (k *trap) before(t testing.TB, r *rig) {
	t.Helper()
	proxy := proxyTo(t, r.Endpoint)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		k.mu.Lock()
		k.n++
		hit, after, strike := k.n == k.at, k.after, k.strike
		k.mu.Unlock()
		if !hit {
			proxy.ServeHTTP(w, req)
			return
		}
		if after {
			proxy.ServeHTTP(httptest.NewRecorder(), req)
		}
		strike()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	r.endpoint = server.URL
}

// TestKillAnywhere kills the copier, the source or the target at random requests; the
// copy that goes on must end equal, by a look that knows nothing of the copier.
func TestKillAnywhere(t *testing.T) {
	src, dst := newRig(t, storetest.S3(t)), newRig(t, storetest.S3(t))
	k := &trap{}
	k.before(t, src)
	k.before(t, dst)
	src.mixed(t, 60, 5<<20, 1<<10)
	for _, key := range []string{"json/1", "json/2", "json/3"} {
		src.put(t, "src", key, []byte(`{"email":"canary@example.com","n":1}`))
	}
	want := src.look(t, "src")
	for key, s := range want {
		if strings.HasPrefix(key, "json/") {
			s.Body = hashOf([]byte(`{"EMAIL":"CANARY@EXAMPLE.COM","N":1}`))
			want[key] = s
		}
	}
	want = withoutMaskedETags(want)
	rnd := rand.New(rand.NewPCG(99, 1))
	total, refusals := map[bool]int{}, 0
	for i := range kills {
		target := map[bool]*rig{true: dst, false: src}[i%2 == 0] // streamed between two, or inside one
		target.empty(t, "dst")
		foreign := target.foreignUpload(t)
		e := errand{From: src.access("src").URL, To: target.access("dst").URL, Secret: src.Secret(), StateDir: t.TempDir(), Mask: true}
		if total[i%2 == 0] == 0 {
			k.set(0, false, nil)
			cmd, out := e.begin(t)
			if err := cmd.Wait(); err != nil || !strings.HasPrefix(out.String(), "equal") {
				t.Fatalf("%v: %s", err, out)
			}
			total[i%2 == 0] = k.count()
			target.empty(t, "dst")
			e.StateDir = t.TempDir()
		}
		victim, after := []string{"copier", "source", "target"}[i%3], rnd.IntN(2) == 0
		at := 1 + rnd.IntN(total[i%2 == 0])
		// A copy that has ended made fewer requests, since the one before it repeated
		// some on a slow server: the point is drawn anew among as many as there are.
		for !k.kill(t, e, victim, src, target, at, after) {
			total[i%2 == 0] = at - 1
			at = 1 + rnd.IntN(at-1)
			target.empty(t, "dst")
			e.StateDir = t.TempDir()
		}
		name := fmt.Sprintf("kill %d: the %s at request %d (after it %t)", i, victim, at, after)
		e.Resume = true
		p, err := adapter().Copy(t.Context(), e.job(), nil)
		if refused(err) {
			// A server that was killed while it wrote has left something that is neither
			// the object nor nothing; that it is the copy's own cannot be known.
			t.Logf("%s: refused: %v", name, err)
			refusals++
			j := e.job()
			j.Store.Existing = datamove.ExistingReplace
			p, err = adapter().Copy(t.Context(), j, nil)
		}
		if err != nil || p.Verdict != datamove.Equal {
			t.Fatalf("%s: %s, %v\n%+v", name, p.Verdict, err, p.Differences)
		}
		if diff := cmp.Diff(want, withoutMaskedETags(target.look(t, "dst"))); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", name, diff)
		}
		target.onlyUpload(t, foreign)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	t.Logf("%d were killed, %d were refused", kills, refusals)
}

// kill begins a child and kills the victim at a request. It says whether that came.
func (k *trap) kill(t *testing.T, e errand, victim string, src, dst *rig, at int, after bool) bool {
	t.Helper()
	hit, dead := make(chan struct{}), make(chan struct{})
	k.set(at, after, func() {
		close(hit)
		<-dead
	})
	cmd, _ := e.begin(t)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	struck := false
	select {
	case <-hit:
		struck = true
		switch victim {
		case "copier":
			_ = cmd.Process.Kill()
		case "source":
			src.Kill()
			src.Start()
		case "target":
			dst.Kill()
			dst.Start()
		}
	case <-ended:
	}
	close(dead)
	<-ended
	k.count()
	return struck
}

// withoutMaskedETags is what was seen without the ETags of what is masked, which
// cannot be the source's.
func withoutMaskedETags(all map[string]seen) map[string]seen {
	for key, s := range all {
		if strings.HasPrefix(key, "json/") {
			s.Type = ""
			all[key] = s
		}
	}
	return all
}

// foreignUpload begins somebody else's upload in the target.
func (r *rig) foreignUpload(t testing.TB) string {
	t.Helper()
	out, err := r.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("dst"), Key: aws.String("foreign/upload")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.UploadId
}

// onlyUpload wants no unfinished upload in the target but one, and removes that.
func (r *rig) onlyUpload(t testing.TB, id string) {
	t.Helper()
	out, err := r.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("dst")})
	if err != nil || len(out.Uploads) != 1 || *out.Uploads[0].UploadId != id {
		t.Errorf("unfinished uploads %+v, %v", out, err)
	}
	_, err = r.client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("dst"), Key: aws.String("foreign/upload"), UploadId: &id})
	if err != nil {
		t.Error(err)
	}
}

// noUploads wants no unfinished upload in the target.
func (r *rig) noUploads(t testing.TB) {
	t.Helper()
	out, err := r.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("dst")})
	if err != nil || len(out.Uploads) != 0 {
		t.Errorf("%d unfinished uploads, %v", len(out.Uploads), err)
	}
}

// TestMemory measures a child that streams small objects, masks and a large one in parts.
func TestMemory(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.fill(t, 1500, 5)
	r.put(t, "src", "big/whole", make([]byte, 200<<20))
	sizes := make([]int, 20)
	for i := range sizes {
		sizes[i] = 10 << 20
	}
	r.putParts(t, "big/parts", make([]byte, 200<<20), sizes)
	text := `{"a":"` + strings.Repeat("x", 1900<<10) + `"}`
	for i := range 20 {
		r.put(t, "src", "json/"+strconv.Itoa(i), []byte(text))
	}
	e := errand{From: r.access("src").URL, To: r.access("dst").URL, Secret: r.Secret(), StateDir: t.TempDir(), Mask: true, Streamed: true}
	measured(t, e, datamove.Equal)
}

// measured runs a child and bounds its memory.
func measured(t *testing.T, e errand, want datamove.Verdict) {
	t.Helper()
	const most = 128 << 10 // KiB
	cmd, out := e.begin(t)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fields := strings.Fields(out.String())
	if len(fields) < 2 || fields[0] != string(want) {
		t.Fatalf("child: %s", out)
	}
	peak, err := strconv.Atoi(fields[1])
	if err != nil || peak > most {
		t.Errorf("the child had %d KiB, at most %d are allowed, %v", peak, most, err)
	}
	t.Logf("most memory: %d KiB", peak)
}
