package call

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/jsonhttp"
)

// What a request that got no answer is called in a metric's code label.
const (
	// Timeout: no answer in time, connecting included.
	Timeout = "timeout"
	// Connect: no connection (refused, unreachable, unknown host).
	Connect = "connect"
	// Broken: the connection broke before the answer was complete.
	Broken = "error"
)

// StatusError is an answer that is not a success.
type StatusError struct {
	Code    int
	Message string
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("answer %d: %s", e.Code, e.Message) }

// Class says why no answer came: Timeout, Connect or Broken.
func Class(err error) string {
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
		return Timeout
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return Connect
	}
	return Broken
}

// Relay answers the caller of a service whose own call ended in err: a refusal
// (4xx) is handed on, anything else is the gateway's 502, or 504 when the
// called service took too long.
func Relay(w http.ResponseWriter, err error) {
	code, text := Gateway(err)
	jsonhttp.Fail(w, code, "%s", text)
}

// Gateway is Relay's decision: the status and what to say.
func Gateway(err error) (int, string) {
	status, answered := errors.AsType[*StatusError](err)
	switch {
	case answered && status.Code/100 == 4:
		return status.Code, status.Message
	case !answered && Class(err) == Timeout:
		return http.StatusGatewayTimeout, err.Error()
	default:
		return http.StatusBadGateway, err.Error()
	}
}
