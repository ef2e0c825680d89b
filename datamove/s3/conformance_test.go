package s3

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/datamovetest"
)

// TestConformanceInMemory runs the suite without a server; TestConformance has a real one.
func TestConformanceInMemory(t *testing.T) {
	clouds := map[string]*cloud{}
	datamovetest.TestAdapter(t, datamovetest.Rig{
		Adapter: func() datamove.Adapter { return hasty() },
		Job: func(t *testing.T) datamove.Job {
			c := newCloud(t)
			for i := range 30 {
				c.put(fmt.Sprintf("src/mail/%02d.eml", i), fmt.Sprintf("mail %d to ann@example.test", i))
			}
			j := c.job(t)
			clouds[j.To.URL] = c
			return j
		},
		Alter: func(_ *testing.T, j datamove.Job) {
			clouds[j.To.URL].put("dst/mail/07.eml", "mail 8 to ann@example.test")
		},
		Content: func(_ *testing.T, j datamove.Job, source bool) map[string]string {
			return clouds[j.To.URL].content(map[bool]string{true: "src/", false: "dst/"}[source])
		},
		Nobody: "s3://src?endpoint=http%3A%2F%2F127.0.0.1%3A1&region=us-east-1",
	})
}

// content is what lies below a path, by key.
func (c *cloud) content(path string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]string{}
	for name, o := range c.things {
		if key, below := strings.CutPrefix(name, path); below {
			all[key] = fmt.Sprintf("%s %s %v %v", o.body, o.etag, o.header, o.tags)
		}
	}
	return all
}
