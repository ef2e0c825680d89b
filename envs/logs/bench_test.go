package logs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// library is a cluster whose containers have all written the same number of lines.
type library struct {
	containers int
	log        string
}

func newLibrary(containers, lines int) library {
	var log strings.Builder
	for i := range lines {
		at := noon().Add(time.Duration(i) * time.Millisecond)
		fmt.Fprintf(&log, "%s {\"level\":\"info\",\"ts\":1764417600.5,\"msg\":\"request\",\"path\":\"/cart/%d\",\"status\":200}\n", at.Format(time.RFC3339Nano), i)
	}
	return library{containers, log.String()}
}

// Components has none that are needed.
func (library) Components(context.Context, string) ([]string, error) { return nil, nil }

// Watch shows the containers once.
func (l library) Watch(_ context.Context, _ string, show func([]Container) bool) error {
	var all []Container
	for i := range l.containers {
		all = append(all, Container{Source: Source{Pod: fmt.Sprint(i), Container: "api"}, PodUID: fmt.Sprint(i), Instance: "1", Running: true})
	}
	show(all)
	return nil
}

// Read opens the log, which is the same for all.
func (l library) Read(context.Context, string, Container, ReadOptions) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(l.log)), nil
}

// BenchmarkStream joins 50 logs.
func BenchmarkStream(b *testing.B) {
	const containers, lines = 50, 1000
	from := newLibrary(containers, lines)
	for name, change := range map[string]func(*Options){
		"all":   func(*Options) {},
		"level": func(o *Options) { o.Query.Level = Info },
	} {
		b.Run(name, func(b *testing.B) {
			o := DefaultOptions(time.Now)
			o.Follow = false
			change(&o)
			for b.Loop() {
				totals, err := Stream(b.Context(), from, "shop", o, nothing{})
				if err != nil || totals.Lines != containers*lines {
					b.Fatalf("%+v, %v", totals, err)
				}
			}
			b.ReportMetric(float64(b.N)*containers*lines/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// nothing takes all lines.
type nothing struct{}

// Line drops a line.
func (nothing) Line(Line) error { return nil }

// Flush has nothing to do.
func (nothing) Flush() error { return nil }
