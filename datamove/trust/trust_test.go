package trust

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// write puts text into a file and returns its path.
func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConfig connects to a server whose certificate only the file vouches for.
func TestConfig(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	ca := write(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for _, tc := range []struct {
		name, file, server string
		fails              bool
	}{
		{"the CA of the file", ca, "example.com", false},
		{"another server", ca, "other.test", true},
		{"the system's own CAs", "", "example.com", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config, err := Config(tc.file, tc.server)
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{TLSClientConfig: config}
			defer transport.CloseIdleConnections()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := transport.RoundTrip(request)
			if err == nil {
				_ = answer.Body.Close()
			}
			if (err != nil) != tc.fails {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	for name, file := range map[string]string{"missing": filepath.Join(t.TempDir(), "none"), "no PEM": write(t, []byte("hello"))} {
		_, err := Config(file, "")
		_, pemErr := PEM(file)
		for _, err := range []error{err, pemErr} {
			if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindInvalid || e.Advice == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
