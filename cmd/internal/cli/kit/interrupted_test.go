package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestFollowInterrupted: a request that was sent goes on without the command, and the
// command says so. One that was not sent does not.
func TestFollowInterrupted(t *testing.T) {
	for name, test := range map[string]struct {
		deadline bool
		sent     error
		local    bool
		want     string
	}{
		"interrupted":     {want: "interrupted; run x goes on"},
		"timeout":         {deadline: true, want: "interrupted, since --timeout is over; run x goes on"},
		"not sent":        {sent: errors.New("no space"), want: "no space"},
		"in this process": {local: true, want: "interrupted; run x stops here, since no server works on it"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if test.deadline {
				ctx, cancel = context.WithTimeout(t.Context(), time.Second)
			}
			defer cancel()
			s := Session{Bus: natsbustest.Open(t), local: test.local}
			next := Onward{What: "run x", Follow: "shakedown events watch --correlation x", End: "shakedown chaos stop"}
			err := s.Follow(ctx, "x", next, func(context.Context) error {
				if !test.deadline {
					cancel()
				}
				return test.sent
			}, func(events.Envelope) bool { return false })
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			hint := ""
			if strings.HasSuffix(test.want, "goes on") {
				hint = "follow it with: shakedown events watch --correlation x; end it with: shakedown chaos stop"
			}
			if got := HintOf(err); got != hint {
				t.Errorf("hint %q, want %q", got, hint)
			}
		})
	}
}

func TestProgressOfWhatWasInterrupted(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{nil, "build: done (0s)"},
		{errors.New("exit status 1"), "build: failed (0s)"},
		{fmt.Errorf("building shop: %w", context.Canceled), "build: interrupted (0s)"},
		{fmt.Errorf("building shop: %w", context.DeadlineExceeded), "build: interrupted (0s)"},
		{Interrupted{cause: context.Canceled}, "build: interrupted (0s)"},
	} {
		var out bytes.Buffer
		d := &Deps{World: World{Err: &out, Now: func() time.Time { return time.Time{} }, Env: func(string) string { return "" }}}
		p := d.Progress()
		p.Step("build")
		p.Done(tc.err)
		steps := d.Steps()
		steps.StepStarted("build")
		steps.StepEnded("build", tc.err)
		if got := out.String(); strings.Count(got, tc.want+"\n") != 2 {
			t.Errorf("after %v: %q, want %q twice", tc.err, got, tc.want)
		}
	}
}

func TestInterruption(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	refused := events.Errorf(events.KindRefused, "hint", "refused")
	for _, tc := range []struct {
		name string
		ctx  context.Context
		err  error
		want string
	}{
		{"no error", interrupted, nil, "<nil>"},
		{"not interrupted", t.Context(), fmt.Errorf("wait: %w", context.Canceled), "wait: context canceled"},
		{"interrupted", interrupted, fmt.Errorf("wait: %w", context.Canceled), "interrupted"},
		{"another error", interrupted, refused, "refused"},
		{"a verdict", interrupted, Outcome{6}, "exit 6"},
		{"said already", interrupted, Interrupted{Onward: Onward{What: "run x"}, cause: context.Canceled}, "interrupted; run x goes on"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := fmt.Sprint(Interruption(tc.ctx, tc.err, "again")); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
