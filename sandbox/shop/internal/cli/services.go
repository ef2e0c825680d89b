package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/api"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/cart"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/serve"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/web"
)

func setupWeb(s *settings) runner {
	server := serverSettings(s)
	peer := callSettings(s, call.Config{
		Peer: "api", URL: "http://api:8080", Try: 1500 * time.Millisecond, Tries: 3, Pause: 100 * time.Millisecond,
	}, "API_URL")
	return func(ctx context.Context, d deps) error {
		ob := observer(d)
		client, err := connect(*server, *peer, ob)
		if err != nil {
			return err
		}
		defer client.Close()
		handler, err := web.Handler(web.Options{API: client, Version: d.version, NewID: rand.Text}, ob)
		if err != nil {
			return err
		}
		return listen(ctx, *server, handler, ob, d)
	}
}

func setupAPI(s *settings) runner {
	server := serverSettings(s)
	peer := callSettings(s, call.Config{
		Peer: "cart", URL: "http://cart:8080", Try: 600 * time.Millisecond, Tries: 2, Pause: 25 * time.Millisecond,
	}, "CART_URL")
	return func(ctx context.Context, d deps) error {
		ob := observer(d)
		client, err := connect(*server, *peer, ob)
		if err != nil {
			return err
		}
		defer client.Close()
		return listen(ctx, *server, api.Handler(client, ob), ob, d)
	}
}

func setupCart(s *settings) runner {
	server := serverSettings(s)
	return func(ctx context.Context, d deps) error {
		if err := invalid(server.Validate()); err != nil {
			return err
		}
		ob := observer(d)
		return listen(ctx, *server, cart.Handler(&cart.Store{}, ob), ob, d)
	}
}

func serverSettings(s *settings) *serve.Config {
	c, def := &serve.Config{}, serve.DefaultConfig()
	s.text(&c.Addr, "listen-addr", "LISTEN_ADDR", def.Addr, "address to listen on")
	s.duration(&c.Warmup, "warmup", "WARMUP", def.Warmup, "how long to be up before being ready")
	s.duration(&c.Delay, "shutdown-delay", "SHUTDOWN_DELAY", def.Delay, "how long to serve on, unready, after SIGTERM")
	s.duration(&c.Grace, "shutdown-grace", "SHUTDOWN_GRACE", def.Grace, "how long to wait for requests in flight after that")
	return c
}

func callSettings(s *settings, def call.Config, env string) *call.Config {
	c := &call.Config{Peer: def.Peer, Pause: def.Pause}
	s.text(&c.URL, def.Peer+"-url", env, def.URL, "base URL of the service "+def.Peer)
	s.duration(&c.Try, "try-timeout", "TRY_TIMEOUT", def.Try, "bound of one try of a call")
	s.number(&c.Tries, "tries", "TRIES", def.Tries, "tries of an idempotent call in all")
	return c
}

func connect(server serve.Config, peer call.Config, ob *observe.Observer) (*call.Client, error) {
	if err := invalid(errors.Join(server.Validate(), peer.Validate())); err != nil {
		return nil, err
	}
	return call.New(peer, ob.Registry())
}

func observer(d deps) *observe.Observer {
	return observe.New(observe.Options{Log: d.log, Version: d.version, NewID: rand.Text, Now: time.Now})
}

// listen serves handler and, beside it, the metrics.
func listen(ctx context.Context, cfg serve.Config, handler http.Handler, ob *observe.Observer, d deps) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", ob.Metrics())
	mux.Handle("/", handler)
	server := serve.New(cfg, mux, d.log)
	ln, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	return server.Run(ctx, ln)
}
