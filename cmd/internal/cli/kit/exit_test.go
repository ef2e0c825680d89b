package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestExitCode(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"no error", t.Context(), nil, 0},
		{"any error", t.Context(), errors.New("x"), 1},
		{"usage", t.Context(), UsageError{errors.New("x"), "shakedown"}, 2},
		{"invalid spec", t.Context(), fmt.Errorf("read: %w", events.Problems{{Message: "x"}}), 2},
		{"invalid", t.Context(), events.Errorf(events.KindInvalid, "", "x"), 2},
		{"not found", t.Context(), events.Errorf(events.KindNotFound, "", "x"), 3},
		{"partly", t.Context(), events.Errorf(events.KindPartial, "", "x"), 4},
		{"refused", t.Context(), events.Errorf(events.KindRefused, "", "x"), 5},
		{"drift", t.Context(), events.Errorf(events.KindDrift, "", "x"), 9},
		{"no server", t.Context(), events.Errorf(events.KindUnavailable, "", "x"), 1},
		{"a kind of a later server", t.Context(), events.Errorf("quota", "", "x"), 1},
		{"an error without a kind", t.Context(), &events.Error{Message: "x"}, 1},
		{"verdict", t.Context(), Outcome{ExitFailed}, 6},
		{"interrupted", interrupted, errors.New("context canceled"), 130},
		{"a verdict is a verdict, interrupted or not", interrupted, Outcome{ExitAborted}, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := ExitCode(tc.ctx, tc.err); got != tc.want {
				t.Errorf("exit code is %d, want %d", got, tc.want)
			}
		})
	}
}

func TestEveryExitCodeIsExplained(t *testing.T) {
	explained := map[int]bool{}
	for _, e := range ExitCodes() {
		explained[e.Code] = true
	}
	for kind, code := range kindCodes() {
		if !explained[code] {
			t.Errorf("kind %s exits %d, which the table does not explain", kind, code)
		}
	}
}

func TestPrintError(t *testing.T) {
	err := fmt.Errorf("make coffee: %w", events.Errorf(events.KindRefused, "buy beans", "pot is empty"))
	for _, tc := range []struct {
		name string
		err  error
		json bool
		want string
	}{
		{"text", err, false, "error: make coffee: pot is empty\nhint: buy beans\n"},
		{"json", err, true, `{"type":"error","error":"make coffee: pot is empty","hint":"buy beans"}` + "\n"},
		{"no hint", errors.New("x"), false, "error: x\n"},
		{"a verdict is shown already", Outcome{6}, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			PrintError(&out, tc.err, tc.json)
			if got := out.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
