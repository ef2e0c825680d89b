package app

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shakedown-dev/shakedown/events"
)

// The names of endpoints.
const (
	mainEndpoint  = "listener"
	hooksEndpoint = "listener for webhooks"
)

// endpoint is a listener and what it answers.
type endpoint struct {
	name     string
	listener net.Listener
	handler  http.Handler
}

const (
	// scrapes bounds the readings of metrics at one time.
	scrapes = 4
	// tokenLength is the least of a token.
	tokenLength = 16
)

// openListener opens the endpoints. Webhooks sign for themselves, so that they are answered
// at both; all else is for people at this machine, or for who has the token.
func (a *App) openListener(ctx context.Context) error {
	if !a.options.listens() {
		return nil
	}
	token, err := listenToken(a.options.ListenTokenFile)
	if err != nil {
		return err
	}
	if a.options.Listen != "" {
		if a.listener, err = a.listen(ctx, "--listen", a.options.Listen); err != nil {
			return err
		}
		if token == "" && !isLoopback(a.listener.Addr()) {
			return errors.Join(events.Errorf(events.KindRefused,
				"listen on 127.0.0.1 and give webhooks an address of their own with --listen-hooks, or give --listen-token-file FILE",
				"--listen %s can be reached from elsewhere, and nothing asks who comes", a.options.Listen), a.listener.Close())
		}
		a.mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{Registry: a.registry, MaxRequestsInFlight: scrapes}))
		a.mux.HandleFunc("GET /readyz", a.readyz)
		outer := http.NewServeMux()
		outer.Handle("/v1/hooks/", a.hooks)
		outer.Handle("/", guarded(a.mux, token, a.options.hosts()))
		a.addEndpoint(endpoint{mainEndpoint, a.listener, outer})
	}
	if a.options.ListenHooks != "" {
		listener, err := a.listen(ctx, "--listen-hooks", a.options.ListenHooks)
		if err != nil {
			return err
		}
		a.addEndpoint(endpoint{hooksEndpoint, listener, a.hooks})
	}
	return a.writeAddress()
}

func (a *App) listen(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, events.Errorf(events.KindRefused, "choose another address with "+flag+", such as 127.0.0.1:0", "listen for HTTP: %w", err)
	}
	return listener, nil
}

func (a *App) addEndpoint(d endpoint) {
	a.endpoints = append(a.endpoints, d)
	a.cleanup.add(d.name, func(context.Context) error {
		if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
}

// listenToken is the token in the file, "" without a file.
func listenToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return "", events.Errorf(events.KindNotFound, "check --listen-token-file", "read the listener's token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if len(token) < tokenLength || strings.ContainsAny(token, " \t\r\n") {
		return "", events.Errorf(events.KindInvalid, "openssl rand -hex 32 > "+file,
			"read the listener's token: %s wants one word of at least %d characters", file, tokenLength)
	}
	return token, nil
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// hosts are the names under which the listener is known, beside localhost and addresses.
func (o Options) hosts() []string {
	host, _, _ := net.SplitHostPort(o.Listen) // it listens there
	names := []string{"localhost", host}
	if _, rest, found := strings.Cut(o.PublicURL, "://"); found {
		rest, _, _ = strings.Cut(rest, "/")
		names = append(names, hostOf(rest))
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// guarded lets through who has the token. Without one it lets through who names us: a
// page of somebody else's that has its own name point here, and so reads in the visitor's
// browser what only the visitor may, is turned away.
func guarded(next http.Handler, token string, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case token != "" && !bears(r, token):
			w.Header().Set("WWW-Authenticate", `Basic realm="shakedown"`)
			http.Error(w, "this wants the token of --listen-token-file", http.StatusUnauthorized)
		case token == "" && !isOurs(hostOf(r.Host), hosts):
			http.Error(w, "this server is not known by that name; --public-url makes it known", http.StatusMisdirectedRequest)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// bears says whether the request has the token, as a bearer or as the password that a
// browser asks for.
func bears(r *http.Request, token string) bool {
	said, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		_, said, _ = r.BasicAuth()
	}
	return subtle.ConstantTimeCompare([]byte(said), []byte(token)) == 1
}

func isOurs(host string, hosts []string) bool {
	return net.ParseIP(host) != nil || slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// hostOf is a host without its port and brackets.
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}
