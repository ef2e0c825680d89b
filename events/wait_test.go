package events

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if !Wait(t.Context(), time.Minute) || time.Since(began) != time.Minute {
			t.Errorf("waited %s, want a minute to its end", time.Since(began))
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if Wait(ctx, time.Minute) || time.Since(began) != time.Second {
			t.Errorf("waited %s, want a second until the context ends", time.Since(began))
		}
		if Wait(ctx, 0) {
			t.Error("waited to the end in a context that has ended")
		}
		if !Wait(t.Context(), -time.Second) {
			t.Error("no wait at all did not come to its end")
		}
	})
}
