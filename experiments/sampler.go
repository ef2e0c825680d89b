package experiments

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// batch is one sample of each probe, in the order of the hypothesis.
type batch []record.Sample

// sampler takes samples of all probes each interval until ctx ends, and hands them
// over in order. A probe that takes longer than the interval makes the next batch late.
func (s *Service) sampler(ctx context.Context, probes []probe.Probe, interval events.Duration, out chan<- batch) {
	tick := time.NewTicker(max(interval.Std(), time.Millisecond))
	defer tick.Stop()
	for {
		b := s.sampleAll(ctx, probes, s.deps.Now())
		if ctx.Err() != nil {
			return
		}
		select {
		case out <- b:
		case <-ctx.Done():
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) sampleAll(ctx context.Context, probes []probe.Probe, at time.Time) batch {
	b := make(batch, len(probes))
	events.Parallel(len(probes), len(probes), func(i int) {
		b[i] = probe.Take(ctx, probes[i], at, s.cfg.SampleTimeout)
		if b[i].Value != nil && b[i].Age == nil {
			b[i].Took = events.Duration(max(0, s.deps.Now().Sub(at)).Round(time.Millisecond))
		}
	})
	return b
}
