package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/load"
)

func setupLoad(s *settings) runner {
	server := serverSettings(s)
	c, def := &load.Config{}, load.DefaultConfig()
	s.text(&c.Target, "target-url", "TARGET_URL", def.Target, "URL to get")
	s.float(&c.RPS, "rps", "RPS", def.RPS, "requests per second")
	s.duration(&c.Timeout, "timeout", "TIMEOUT", def.Timeout, "bound of one request")
	s.duration(&c.Duration, "duration", "DURATION", def.Duration, "end of the load, 0s for never")
	s.number(&c.MaxInFlight, "max-in-flight", "MAX_IN_FLIGHT", def.MaxInFlight, "requests in flight at most, 0 for rate x timeout")
	s.toggle(&c.KeepAlive, "keep-alive", "KEEP_ALIVE", def.KeepAlive, "reuse connections")
	s.toggle(&c.Wait, "wait", "WAIT_FOR_TARGET", def.Wait, "begin when the target has answered once")
	return func(ctx context.Context, d deps) error {
		if err := invalid(errors.Join(server.Validate(), c.Validate())); err != nil {
			return err
		}
		ob := observer(d)
		send, release := load.HTTP(*c, rand.Text)
		defer release()
		generator := load.New(*c, send, load.NewMetrics(ob.Registry()), d.log)

		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { generator.Run(ctx) })
		err := listen(ctx, *server, ob.Wrap("other", http.NotFoundHandler()), ob, d)
		cancel()
		wg.Wait()
		return err
	}
}
