package load

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
)

// MaxRPS bounds the rate: the generator is a demo's, not a stress test's.
const MaxRPS = 2000

// Config says what to send and how fast.
type Config struct {
	// Target is the URL to get.
	Target string
	// RPS is the number of requests per second.
	RPS float64
	// Timeout bounds one request.
	Timeout time.Duration
	// Duration ends the load after that time; 0 means never.
	Duration time.Duration
	// MaxInFlight is the number of slots; 0 means as many as RPS and Timeout
	// can fill.
	MaxInFlight int
	// KeepAlive reuses connections instead of opening one per request, as
	// separate visitors would.
	KeepAlive bool
	// Wait holds the load back until the target has answered once, so that
	// the start of the shop is not counted as an outage of it.
	Wait bool
}

// DefaultConfig is a modest load on the shop in the same namespace.
func DefaultConfig() Config {
	return Config{Target: "http://web:8080/", RPS: 50, Timeout: 5 * time.Second, Wait: true}
}

// Validate reports all problems joined, each naming its setting.
func (c Config) Validate() error {
	var errs []error
	if err := call.ValidURL(c.Target); err != nil {
		errs = append(errs, fmt.Errorf("TARGET_URL: %w", err))
	}
	if !(c.RPS > 0 && c.RPS <= MaxRPS) { // also refuses NaN
		errs = append(errs, fmt.Errorf("RPS %g: must be over 0 and at most %d", c.RPS, MaxRPS))
	}
	if c.Timeout <= 0 || c.Timeout > time.Minute {
		errs = append(errs, fmt.Errorf("TIMEOUT %s: must be over 0 and at most 1m", c.Timeout))
	}
	if c.Duration < 0 {
		errs = append(errs, fmt.Errorf("DURATION %s: must not be negative", c.Duration))
	}
	if c.MaxInFlight < 0 {
		errs = append(errs, fmt.Errorf("MAX_IN_FLIGHT %d: must not be negative", c.MaxInFlight))
	}
	return errors.Join(errs...)
}

// slots is the number of requests that may be in flight.
func (c Config) slots() int {
	if c.MaxInFlight > 0 {
		return c.MaxInFlight
	}
	return int(math.Ceil(c.RPS*c.Timeout.Seconds())) + 1
}

// due is when request n is due after the start, with no rounding error that
// adds up.
func (c Config) due(n int) time.Duration {
	return time.Duration(float64(n) / c.RPS * float64(time.Second))
}
