package work_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events/work"
)

func TestReporter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		r := work.NewReporter(time.Second, func(p string) { got = append(got, p) })
		for _, p := range []string{"a1", "a2", "b1"} {
			r.Report(p[:1], p)
		}
		synctest.Wait()
		first := len(got)
		for _, p := range []string{"a3", "b2", "a4"} {
			r.Report(p[:1], p)
		}
		<-time.After(2 * time.Second) // virtual: the interval passes
		r.Report("c", "c1")
		r.Report("c", "c2")
		r.Close()
		if first == 0 {
			t.Error("the first report waits")
		}
		if diff := cmp.Diff([]string{"a4", "b2", "c2"}, got[len(got)-3:]); diff != "" {
			t.Errorf("last of each topic, in order (-want +got):\n%s", diff)
		}
	})
}
