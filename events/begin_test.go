package events_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// waited notes its name when it is waited for.
type waited struct {
	name string
	log  *[]string
}

func (w waited) Wait() { *w.log = append(*w.log, w.name+" ended") }

// TestBeginAll: nothing is begun after one that fails, and what was begun is waited for.
func TestBeginAll(t *testing.T) {
	refused := errors.New("refused")
	for _, tc := range []struct {
		name string
		err  error
		want []string
	}{
		{"all", nil, []string{"one", "two", "three", "one ended", "two ended", "three ended"}},
		{"the second fails", refused, []string{"one", "two", "one ended"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log []string
			begin := func(name string, err error) events.Begin {
				return func(context.Context) (events.Subscribed, error) {
					log = append(log, name)
					return waited{name, &log}, err
				}
			}
			all, err := events.BeginAll(t.Context(), []events.Begin{begin("one", nil), begin("two", tc.err), begin("three", nil)})
			if !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			all.Wait()
			if d := cmp.Diff(tc.want, log); d != "" {
				t.Error(d)
			}
		})
	}
}
