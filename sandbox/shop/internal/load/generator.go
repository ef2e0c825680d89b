package load

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
)

// tolerance is how late a request may be sent.
const tolerance = time.Second

// Send performs one request and returns the status of its answer. Errors: no
// complete answer came.
type Send func(ctx context.Context) (status int, err error)

// Generator sends requests at a constant rate. Use it once.
type Generator struct {
	cfg     Config
	send    Send
	metrics *Metrics
	log     *slog.Logger
	slots   chan struct{}
}

// New makes a generator; cfg must be valid.
func New(cfg Config, send Send, metrics *Metrics, log *slog.Logger) *Generator {
	return &Generator{cfg: cfg, send: send, metrics: metrics, log: log, slots: make(chan struct{}, cfg.slots())}
}

// Run generates load until ctx ends or the configured duration is over. It
// returns when the last request has ended: those in flight are not cut off,
// since that would count as an error of the shop.
func (g *Generator) Run(ctx context.Context) {
	if g.cfg.Wait && !g.await(ctx) {
		return
	}
	g.log.Info("load begins", "target", g.cfg.Target, "rps", g.cfg.RPS)
	g.metrics.rate.Set(g.cfg.RPS)
	sent := g.generate(ctx)
	g.metrics.rate.Set(0)
	g.log.Info("load ended", "sent", sent)
}

// generate sends what is due and returns how many requests were sent.
func (g *Generator) generate(ctx context.Context) int {
	var flying sync.WaitGroup
	defer flying.Wait()
	start, sent := time.Now(), 0
	for n := 0; ; n++ {
		after := g.cfg.due(n)
		if g.cfg.Duration > 0 && after >= g.cfg.Duration {
			return sent
		}
		due := start.Add(after)
		if !sleep(ctx, time.Until(due)) {
			return sent
		}
		if time.Since(due) > tolerance {
			g.metrics.dropped.WithLabelValues(late).Inc()
			continue
		}
		select {
		case g.slots <- struct{}{}:
			sent++
			flying.Go(func() { g.one(context.WithoutCancel(ctx), due) })
		default:
			g.metrics.dropped.WithLabelValues(busy).Inc()
		}
	}
}

func (g *Generator) one(ctx context.Context, due time.Time) {
	defer func() { <-g.slots }()
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	status, err := g.send(ctx)
	took := time.Since(due)
	g.metrics.duration.Observe(took.Seconds())
	g.metrics.requests.WithLabelValues(code(status, err)).Inc()
	if err != nil || status >= http.StatusBadRequest {
		g.log.Warn("request not served", "code", code(status, err), "duration_ms", took.Milliseconds(), "error", err)
	}
}

// await polls the target until it has answered well once; false when ctx ended
// first.
func (g *Generator) await(ctx context.Context) bool {
	const pause, report = 200 * time.Millisecond, 50
	for n := 0; ; n++ {
		try, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
		status, err := g.send(try)
		cancel()
		if err == nil && status < http.StatusBadRequest {
			return true
		}
		if n%report == 0 {
			g.log.Info("waiting for the target's first answer", "target", g.cfg.Target, "status", status, "error", err)
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// code is the metric's label for one outcome.
func code(status int, err error) string {
	if err != nil {
		return call.Class(err)
	}
	return strconv.Itoa(status)
}

// sleep waits for d; it says false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
