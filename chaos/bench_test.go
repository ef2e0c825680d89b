package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
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

// BenchmarkJudge asks all guards about one victim among 1,000 pods.
func BenchmarkJudge(b *testing.B) {
	f := newFake(1_000)
	e := Evidence{Request: request("f"), Survey: f.survey, Victims: f.survey.Pods[:1], Now: noon()}
	b.ReportAllocs()
	for b.Loop() {
		if d := judge(e); len(refusals(d)) > 0 {
			b.Fatal(d)
		}
	}
}

// BenchmarkRequestToKill is from the published request to the kill being sent:
// bus, ledger, survey, guards, watch.
func BenchmarkRequestToKill(b *testing.B) {
	f := newFake(3)
	killed := make(chan struct{}, 1)
	f.beforeKill = func() { killed <- struct{}{} }
	bus := natsbustest.Open(b)
	s, err := New(Deps{Bus: bus, Caller: bus, Store: bus, Stamp: clockStamp(b), Cluster: f, Owner: "a"})
	if err != nil {
		b.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		if err := s.Run(b.Context()); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(done.Wait)
	<-s.Ready()
	closed := make(chan struct{}, 1)
	reverted, err := events.FaultRevertedTopic.Subscribe(b.Context(), bus, "bench", closedTo(closed))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(reverted.Wait)
	n := 0
	for b.Loop() {
		n++
		req := request(fmt.Sprintf("f%d", n))
		if err := events.FaultInjectTopic.Publish(b.Context(), bus, clockStamp(b).About(req.Run, "ask"), req); err != nil {
			b.Fatal(err)
		}
		<-killed
		b.StopTimer()
		<-closed
		b.StartTimer()
	}
}

// closedTo tells the channel of each closed fault.
func closedTo(closed chan<- struct{}) func(context.Context, events.Meta, events.FaultReverted) error {
	return func(context.Context, events.Meta, events.FaultReverted) error {
		closed <- struct{}{}
		return nil
	}
}
