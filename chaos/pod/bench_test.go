package pod

import (
	"context"
	"fmt"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// BenchmarkChoose draws victims from 10,000 pods of 100 owners.
func BenchmarkChoose(b *testing.B) {
	s := town(10_000, 100, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Choose(s, events.FaultTarget{Count: 50}, 42); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGuards asks all guards of this package about one victim among 1,000 pods.
func BenchmarkGuards(b *testing.B) {
	f := newFake(1_000)
	e := evidence{request: request("f"), survey: f.survey, victims: f.survey.Pods[:1]}
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range chaos.DecideAll(guards(), e) {
			if !d.Allowed {
				b.Fatal(d)
			}
		}
	}
}

// BenchmarkRequestToKill is from the published request to the kill being sent:
// bus, ledger, survey, guards, watch.
func BenchmarkRequestToKill(b *testing.B) {
	f := newFake(3)
	killed := make(chan struct{}, 1)
	f.beforeKill = func() { killed <- struct{}{} }
	r := chaostest.New(b)
	r.Serve(r.Deps("a", Kinds(f)...))
	closed := make(chan struct{}, 1)
	reverted, err := events.FaultRevertedTopic.Subscribe(b.Context(), r.Bus, "bench", closedTo(closed))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(reverted.Wait)
	n := 0
	for b.Loop() {
		n++
		r.Ask(request(fmt.Sprintf("f%d", n)))
		<-killed
		b.StopTimer()
		<-closed
		b.StartTimer()
	}
}

// closedTo signals each closed fault.
func closedTo(closed chan<- struct{}) func(context.Context, events.Meta, events.FaultReverted) error {
	return func(context.Context, events.Meta, events.FaultReverted) error {
		closed <- struct{}{}
		return nil
	}
}
