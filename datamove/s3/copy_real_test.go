//go:build real

package s3

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func adapter() *Adapter {
	return New(Options{Patience: 20 * time.Second, Down: 5 * time.Second, Timeout: 10 * time.Second})
}

// oddKeys are keys that other tools lose. Versitygw keeps them all; it is a file
// system that folds . and .. and double slashes, so those are moto's.
func oddKeys() []string {
	return []string{
		"plain", "a b", "a+b", "a%b", "a%2Fb", "nb\u00a0sp", "tab\tx", "é®", "d/x", "d-x", "d.x", "d0", "D", "q?x=1&y", "amp&<>\"'",
		"back\\slash", "\U0001F600", "~!*()'", " lead", "trail ", "#hash", "cr\rx", "del\x7fx", "日本/語", "[brackets]{}|^`", "=", ":@,;$",
		"deep/1/2/3/4/5/6/7/8/9", longKey(),
	}
}

// longKey has 1024 bytes.
func longKey() string {
	key := ""
	for len(key) < 1024-200 {
		key += "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz/"
	}
	for len(key) < 1024 {
		key += "k"
	}
	return key
}

func decorate(in *s3.PutObjectInput) {
	in.ContentType, in.CacheControl, in.ContentDisposition = aws.String("text/x-odd"), aws.String("no-store"), aws.String(`attachment; filename="x y"`)
	in.ContentEncoding, in.ContentLanguage = aws.String("identity"), aws.String("de")
	in.Expires = aws.Time(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	in.Metadata, in.Tagging = map[string]string{"owner": "canary", "num": "1"}, aws.String("team=a%20b&k%2B=v%3D%2B")
}

// TestCopyEverything copies every kind of object, inside the server and streamed.
func TestCopyEverything(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *storetest.S3Server{
		"versitygw": func(t testing.TB) *storetest.S3Server { return storetest.S3(t) }, "moto": storetest.Moto,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, start(t))
			keys := oddKeys()
			if name == "moto" {
				keys = append(keys, "a/../b", "./dot", "x//y", "ctl\x01x")
			} else {
				keys = append(keys, "new\nline")
			}
			for _, key := range keys {
				r.put(t, "src", key, []byte("content of "+key), decorate)
			}
			r.put(t, "src", "empty", nil)
			r.put(t, "src", "folder/", nil)
			big := make([]byte, 13<<20)
			for i := range big {
				big[i] = byte(i * 7 >> 3)
			}
			r.put(t, "src", "big", big)
			r.putParts(t, "parts/even", big, []int{6 << 20, 6 << 20, 1 << 20}, func(in *s3.CreateMultipartUploadInput) {
				in.ContentType, in.Tagging, in.Metadata = aws.String("x/parts"), aws.String("a=b"), map[string]string{"m": "1"}
			})
			r.putParts(t, "parts/odd", big, []int{5 << 20, 7 << 20, 1 << 20})
			r.putParts(t, "parts/one", big[:100], []int{100})
			want := r.look(t, "src")
			for _, streamed := range []bool{false, true} {
				j := r.job(t)
				j.Store.S3.Streamed = streamed
				bucket := map[bool]string{false: "dst", true: "dst2"}[streamed]
				j.To = r.access(bucket)
				began := time.Now()
				p := copied(t, adapter(), j)
				t.Logf("streamed %t: %s, %d units, warnings %v", streamed, time.Since(began), len(p.Units), p.Warnings)
				if diff := cmp.Diff(want, r.look(t, bucket)); diff != "" {
					t.Errorf("streamed %t (-want +got):\n%s", streamed, diff)
				}
			}
		})
	}
}
