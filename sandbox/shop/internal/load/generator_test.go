package load_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/load"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe/observetest"
)

// shop is a target in memory that notes when it was asked.
type shop struct {
	mu    sync.Mutex
	begin time.Time
	asked []time.Duration
	// answer is what each request gets after it has waited as it likes.
	answer func(ctx context.Context, n int) (int, error)
}

func (s *shop) send(ctx context.Context) (int, error) {
	s.mu.Lock()
	n := len(s.asked)
	s.asked = append(s.asked, time.Since(s.begin))
	s.mu.Unlock()
	return s.answer(ctx, n)
}

// run runs a generator on the shop for as long as cfg says, in fake time.
func run(t *testing.T, cfg load.Config, answer func(ctx context.Context, n int) (int, error)) (*shop, *prometheus.Registry) {
	t.Helper()
	s, reg := &shop{begin: time.Now(), answer: answer}, prometheus.NewRegistry()
	load.New(cfg, s.send, load.NewMetrics(reg), slog.New(slog.DiscardHandler)).Run(t.Context())
	return s, reg
}

func served(context.Context, int) (int, error) { return 200, nil }

// counts are the requests by code, without the codes that did not occur.
func counts(t *testing.T, reg *prometheus.Registry, codes ...string) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for _, code := range codes {
		if n := observetest.Value(t, reg, "shop_load_requests_total", "code", code); n > 0 {
			got[code] = n
		}
	}
	return got
}

func usual() []string {
	return []string{"200", "500", "502", "503", "504", "timeout", "connect", "error"}
}

func TestRateIsConstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, reg := run(t, load.Config{RPS: 3, Timeout: time.Second, Duration: 100 * time.Second}, served)
		if len(s.asked) != 300 {
			t.Fatalf("%d requests in 100 s, want 300", len(s.asked))
		}
		for n, at := range s.asked {
			if want := time.Duration(float64(n) / 3 * float64(time.Second)); at != want {
				t.Fatalf("request %d at %s, want %s", n, at, want)
			}
		}
		if diff := cmp.Diff(map[string]float64{"200": 300}, counts(t, reg, usual()...)); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if got := observetest.Value(t, reg, "shop_load_request_duration_seconds"); got != 300 {
			t.Errorf("%g durations, want 300", got)
		}
	})
}

func TestSlowShopDoesNotSlowTheVisitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := load.Config{RPS: 50, Timeout: 5 * time.Second, Duration: 20 * time.Second}
		s, reg := run(t, cfg, func(ctx context.Context, _ int) (int, error) {
			<-ctx.Done() // never answers
			return 0, ctx.Err()
		})
		if len(s.asked) != 1000 {
			t.Errorf("%d requests in 20 s, want 1000", len(s.asked))
		}
		if diff := cmp.Diff(map[string]float64{"timeout": 1000}, counts(t, reg, usual()...)); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if got := observetest.Value(t, reg, "shop_load_dropped_total", "reason", "busy"); got != 0 {
			t.Errorf("%g dropped with the default number of slots", got)
		}
	})
}

func TestFullSlotsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := load.Config{RPS: 10, Timeout: 10 * time.Second, Duration: 2 * time.Second, MaxInFlight: 4}
		s, reg := run(t, cfg, func(context.Context, int) (int, error) {
			<-time.After(950 * time.Millisecond)
			return 200, nil
		})
		// Each second the four slots take four of the ten.
		if got := observetest.Value(t, reg, "shop_load_dropped_total", "reason", "busy"); got != 12 || len(s.asked) != 8 {
			t.Errorf("%d sent and %g dropped, want 8 and 12", len(s.asked), got)
		}
	})
}

func TestOutcomesAreToldApart(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	outcomes := []struct {
		status int
		err    error
	}{{200, nil}, {502, nil}, {429, nil}, {0, refused}, {0, errors.New("EOF")}, {0, context.DeadlineExceeded}, {200, nil}}
	synctest.Test(t, func(t *testing.T) {
		cfg := load.Config{RPS: 1, Timeout: time.Second, Duration: time.Duration(len(outcomes)) * time.Second}
		_, reg := run(t, cfg, func(_ context.Context, n int) (int, error) { return outcomes[n].status, outcomes[n].err })
		want := map[string]float64{"200": 2, "502": 1, "429": 1, "connect": 1, "error": 1, "timeout": 1}
		if diff := cmp.Diff(want, counts(t, reg, append(usual(), "429")...)); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestLoadWaitsForTheFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := load.Config{RPS: 10, Timeout: time.Second, Duration: time.Second, Wait: true}
		s, reg := run(t, cfg, func(_ context.Context, n int) (int, error) {
			switch {
			case n < 5:
				return 0, errors.New("no such host")
			case n < 10:
				return 502, nil
			}
			return 200, nil
		})
		if diff := cmp.Diff(map[string]float64{"200": 10}, counts(t, reg, usual()...)); diff != "" {
			t.Errorf("the start of the shop was counted (-want +got):\n%s", diff)
		}
		if want := 11 + 10; len(s.asked) != want {
			t.Errorf("asked %d times, want %d", len(s.asked), want)
		}
	})
}

func TestStopLetsRequestsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		cfg := load.Config{RPS: 1, Timeout: 5 * time.Second}
		send := func(ctx context.Context) (int, error) {
			select {
			case <-time.After(3 * time.Second):
				return 200, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer stop()
		begin := time.Now()
		load.New(cfg, send, load.NewMetrics(reg), slog.New(slog.DiscardHandler)).Run(ctx)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("stopped after %s, want when the last request has ended, 5s", took)
		}
		if diff := cmp.Diff(map[string]float64{"200": 3}, counts(t, reg, usual()...)); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestStopWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		reg := prometheus.NewRegistry()
		send := func(context.Context) (int, error) { return 0, errors.New("no such host") }
		cfg := load.DefaultConfig()
		load.New(cfg, send, load.NewMetrics(reg), slog.New(slog.DiscardHandler)).Run(ctx)
		if diff := cmp.Diff(map[string]float64{}, counts(t, reg, usual()...)); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

func TestConfigValidate(t *testing.T) {
	if err := load.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := load.Config{Target: "web", RPS: 2001, Timeout: 2 * time.Minute, Duration: -1, MaxInFlight: -1}.Validate()
	for _, setting := range []string{"TARGET_URL", "RPS", "TIMEOUT", "DURATION", "MAX_IN_FLIGHT"} {
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("error %v does not name %s", err, setting)
		}
	}
}
