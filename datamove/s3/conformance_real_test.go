//go:build real

package s3

import (
	"fmt"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/datamovetest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestConformance(t *testing.T) {
	servers := map[string]*rig{}
	datamovetest.TestAdapter(t, datamovetest.Rig{
		Adapter: func() datamove.Adapter { return adapter() },
		Job: func(t *testing.T) datamove.Job {
			r := newRig(t, storetest.S3(t))
			for i := range 30 {
				r.put(t, "src", fmt.Sprintf("mail/%02d.eml", i), fmt.Appendf(nil, "mail %d to ann@example.test", i))
			}
			j := r.job(t)
			servers[j.To.URL] = r
			return j
		},
		Alter: func(t *testing.T, j datamove.Job) {
			servers[j.To.URL].put(t, "dst", "mail/07.eml", []byte("mail 8 to ann@example.test"))
		},
		Content: func(t *testing.T, j datamove.Job, source bool) map[string]string {
			bucket, all := "dst", map[string]string{}
			if source {
				bucket = "src"
			}
			for key, o := range servers[j.To.URL].look(t, bucket) {
				all[key] = fmt.Sprintf("%+v", o)
			}
			return all
		},
		Nobody: "s3://src?endpoint=http%3A%2F%2F127.0.0.1%3A1&region=" + storetest.S3Region,
	})
}
