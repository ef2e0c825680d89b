package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
)

// Address is where a running server is, for commands on the same machine. It is
// the content of server.json in the data directory.
type Address struct {
	HTTP string `json:"http"`
	// Hooks is where webhooks have a listener of their own; "" for none.
	Hooks string `json:"hooks,omitempty"`
	PID   int    `json:"pid"`
}

const addressFile = "server.json"

// ReadAddress is the address of the server that was last started with the data
// directory.
func ReadAddress(dataDir string) (Address, error) {
	var address Address
	raw, err := os.ReadFile(filepath.Join(dataDir, addressFile)) //nolint:gosec // our own file
	if err != nil {
		return address, events.Errorf(events.KindUnavailable, "start one with: shakedown up", "find the server: %w", err)
	}
	if err := json.Unmarshal(raw, &address); err != nil {
		return address, fmt.Errorf("read server address: %w", err)
	}
	return address, nil
}

// listenerNeed is the address at which people and CI reach the server.
func listenerNeed() Need {
	return Need{
		Name: "listener",
		Flags: func(flags *pflag.FlagSet, o *Options) {
			flags.StringVar(&o.Listen, "listen", "127.0.0.1:8765", "`address` for pages, metrics and webhooks; port 0 takes a free one; off this machine it needs --listen-token-file")
			flags.StringVar(&o.ListenHooks, "listen-hooks", "", "`address` of a listener that takes signed webhooks and nothing else, so that it may be public")
			flags.StringVar(&o.ListenTokenFile, "listen-token-file", "", "`file` with the token that --listen asks for: as a bearer token, or as the password in a browser")
			flags.StringVar(&o.PublicURL, "public-url", "", "`url` under which people reach the listener")
		},
		Named:  Options.listens,
		Absent: func(o Options) bool { return !o.listens() },
		What:   "an address to listen at", Advice: "give --listen HOST:PORT",
	}
}

func (a *App) writeAddress() error {
	raw, err := json.Marshal(Address{HTTP: a.URL(), Hooks: a.HooksURL(), PID: os.Getpid()})
	if err != nil {
		return fmt.Errorf("encode server address: %w", err)
	}
	if err := os.WriteFile(filepath.Join(a.options.DataDir, addressFile), raw, 0o600); err != nil {
		return fmt.Errorf("write server address: %w", err)
	}
	return nil
}

// URL is the address of the HTTP listener for people, "" when there is none.
func (a *App) URL() string {
	switch {
	case a.options.PublicURL != "":
		return a.options.PublicURL
	case a.listener == nil:
		return ""
	default:
		return "http://" + a.listener.Addr().String()
	}
}

// HooksURL is the address of the listener for webhooks alone, "" when there is none.
func (a *App) HooksURL() string {
	for _, d := range a.endpoints {
		if d.name == hooksEndpoint {
			return "http://" + d.listener.Addr().String()
		}
	}
	return ""
}

// readyz says whether the server takes work: every service has started, and events can be
// stored now.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	select {
	case <-a.ready:
	default:
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	if err := a.bus.Check(r.Context()); err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
