package call_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
)

func TestGateway(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"a refusal is handed on", fmt.Errorf("calling api: %w", &call.StatusError{Code: 404, Message: "no product"}), 404},
		{"a failure is not", &call.StatusError{Code: 500, Message: "oops"}, 502},
		{"nor is a timeout behind it", &call.StatusError{Code: 504, Message: "slow"}, 502},
		{"too slow", context.DeadlineExceeded, 504},
		{"no connection", &net.OpError{Op: "dial", Err: errors.New("refused")}, 502},
		{"broken", errors.New("EOF"), 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := call.Gateway(tt.err); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
}
