package app

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// patience is how long a test waits for what only a failure keeps from coming.
const patience = 2 * time.Minute

// answer is the status and the text with which a URL answers.
func answer(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// awaitAnswer asks until the answer is the one that is wanted.
func awaitAnswer(t *testing.T, url string, want int, says string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for {
		status, text := answer(t, url)
		if status == want && strings.Contains(text, says) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s answers %d %q, want %d with %q", url, status, text, want, says)
		}
	}
}

// TestReadyAsksTheBus: a server whose NATS is gone is not ready and says why, and is ready
// again once that is back.
func TestReadyAsksTheBus(t *testing.T) {
	dir := t.TempDir()
	server := natsbustest.Start(t, dir)
	o := hooksOnly(t)
	o.NATS = server.Access()
	url := serving(t, o).HTTP + "/readyz"
	awaitAnswer(t, url, http.StatusOK, "ready")
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, url, http.StatusServiceUnavailable, "the connection to nats at "+o.NATS.URL+" is lost")
	natsbustest.Start(t, dir)
	awaitAnswer(t, url, http.StatusOK, "ready")
}

// TestLoginTakenBack: a server that NATS does not let in any more ends all its services
// and says why.
func TestLoginTakenBack(t *testing.T) {
	settings := natsbustest.Options(t)
	settings.Username, settings.Password = "me", "s3cret"
	nats := natsbustest.Serve(t, settings)
	o := newWorld(t).options(t)
	o.NATS = natsbus.Access{URL: nats.ClientURL(), User: "me", Password: "s3cret"}
	a, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context()) }()
	select {
	case <-a.Ready():
	case err := <-done:
		t.Fatalf("it ended: %v", err)
	}
	settings.Password = "other"
	if err := nats.ReloadOptions(settings.Clone()); err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-done:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindUnavailable || e.Hint() == "" || !strings.HasPrefix(err.Error(), "stay connected to nats at "+o.NATS.URL) || strings.Contains(err.Error(), "\n") {
		t.Errorf("it ended with %v", err)
	}
}
