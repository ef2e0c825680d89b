package s3

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/shakedown-dev/shakedown/events"
)

// TestPatience has a server that is slow for a minute, down for half of one, or
// slow for good.
func TestPatience(t *testing.T) {
	for name, tc := range map[string]struct {
		code string
		lasts,
		most time.Duration
		want events.Kind
	}{
		"SlowDown for a minute":   {"SlowDown", time.Minute, 80 * time.Second, ""},
		"failing for half of one": {"InternalError", 30 * time.Second, 40 * time.Second, ""},
		"failing for good":        {"InternalError", time.Hour, 70 * time.Second, events.KindUnavailable},
		"SlowDown for good":       {"SlowDown", time.Hour, 6 * time.Minute, events.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, tries := time.Now(), 0
				e := &end{limit: newLimiter(0, time.Now), retry: New(Options{}).retry, now: time.Now}
				err := e.try(t.Context(), "copying x", func(context.Context) error {
					if tries++; time.Since(began) < tc.lasts {
						return &smithy.GenericAPIError{Code: tc.code}
					}
					return nil
				})
				if took := time.Since(began); events.KindOf(err) != tc.want || took > tc.most || tries > 150 {
					t.Errorf("%d tries in %s: %v", tries, took, err)
				}
			})
		})
	}
}

// TestPatienceEnds with its context.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("stop button"))
		defer cancel()
		e := &end{limit: newLimiter(0, time.Now), retry: New(Options{}).retry, now: time.Now}
		err := e.try(ctx, "copying x", func(context.Context) error { return &smithy.GenericAPIError{Code: "SlowDown"} })
		if err == nil || !strings.Contains(err.Error(), "stop button") {
			t.Errorf("ended with %v", err)
		}
	})
}
