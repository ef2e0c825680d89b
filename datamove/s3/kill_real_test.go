//go:build real

package s3

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// kills is how many random points there are.
const kills = 60

// TestKillAnywhere kills the copier, or the server, at random points; the copy that
// goes on must end equal, by a look that knows nothing of the copier.
func TestKillAnywhere(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.mixed(t, 120)
	for _, key := range []string{"json/1", "json/2", "json/3"} {
		r.put(t, "src", key, []byte(`{"email":"canary@example.com","n":1}`))
	}
	want := r.look(t, "src")
	for key, s := range want {
		if strings.HasPrefix(key, "json/") {
			s.Body = hashOf([]byte(`{"EMAIL":"CANARY@EXAMPLE.COM","N":1}`))
			s.Type = ""
			want[key] = s
		}
	}
	rnd := rand.New(rand.NewPCG(99, 1))
	ended, refusals := 0, 0
	for i := range kills {
		r.empty(t, "dst")
		e := errand{
			From: r.access("src").URL, To: r.access("dst").URL, Secret: r.Secret(), StateDir: t.TempDir(), Mask: true, Streamed: i%2 == 0,
		}
		cmd, out := e.begin(t)
		<-time.After(time.Duration(rnd.IntN(350)) * time.Millisecond)
		if i%3 == 2 {
			r.Kill()
			r.Start()
		} else if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if strings.HasPrefix(out.String(), "equal") {
			ended++
		}
		e.Resume = true
		p, err := adapter().Copy(t.Context(), e.job(), nil)
		if refused(err) {
			// A server that was killed while it wrote has left something that is neither
			// the object nor nothing; that it is the copy's own cannot be known.
			t.Logf("kill %d: refused: %v", i, err)
			refusals++
			j := e.job()
			j.Store.Existing = datamove.ExistingReplace
			p, err = adapter().Copy(t.Context(), j, nil)
		}
		if err != nil || p.Verdict != datamove.Equal {
			t.Fatalf("kill %d: %s, %v\n%+v", i, p.Verdict, err, p.Differences)
		}
		got := r.look(t, "dst")
		for key, s := range got {
			if strings.HasPrefix(key, "json/") {
				s.Type = ""
				got[key] = s
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("kill %d (-want +got):\n%s", i, diff)
		}
		r.noUploads(t)
		if t.Failed() {
			t.Fatalf("kill %d", i)
		}
	}
	t.Logf("%d of %d had ended before they were killed, %d were refused", ended, kills, refusals)
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
