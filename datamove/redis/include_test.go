package redis

import (
	"context"
	"net"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// TestIncludeThatFitsNothing: a misspelled glob is not the same as no keys.
func TestIncludeThatFitsNothing(t *testing.T) {
	c := newClient(&goredis.Options{Protocol: 2, DisableIdentity: true, MaxRetries: -1, Dialer: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go answer(there, func(string) string {
			return "*2\r\n$1\r\n0\r\n*2\r\n$6\r\nuser:1\r\n$4\r\ncart\r\n"
		})
		return here, nil
	}})
	defer c.Close()
	from := &base{end: &end{}, nodes: []*goredis.Client{c}}
	for glob, fits := range map[string]bool{"cart": true, "user:*": true, "*": true, "users:*": false, "Cart": false, "car": false} {
		r := run{job: datamove.Job{Store: datamove.Store{Include: []string{"cart", glob}}}, pairs: []pair{{from: from}}}
		found, err := r.unfitted(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, findings := decide(facts{unfitted: found})
		if fits != (len(found) == 0) || !fits && (len(found) != 1 || findings[0] != datamove.UnfittedInclude(glob, "a key")) {
			t.Errorf("%q: %+v", glob, findings)
		}
	}
}
