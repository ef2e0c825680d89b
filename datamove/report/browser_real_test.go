//go:build real

package report

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestPageInABrowser loads pages in a real browser under their policy: nothing else is
// asked for, and the console stays silent.
func TestPageInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v; run scripts/install-deps.sh test", err)
	}
	for name, want := range map[string]string{"equal": "</span>equal</h2>", "hostile": "</span>different</h2>", "refused": "</span>refused</h2>"} {
		t.Run(name, func(t *testing.T) {
			var others atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					if r.URL.Path != "/favicon.ico" {
						others.Add(1)
					}
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Content-Security-Policy", Policy())
				if err := HTML(w, reports()[name]); err != nil {
					t.Error(err)
				}
			}))
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
				"--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--enable-logging=stderr",
				"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir="+filepath.Join(t.TempDir(), "profile"),
				"--virtual-time-budget=2000", "--dump-dom", server.URL)
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			cmd.WaitDelay = 5 * time.Second
			if err := cmd.Run(); err != nil {
				t.Fatalf("chromium: %v\n%s", err, said.String())
			}
			if !strings.Contains(out.String(), want) {
				t.Errorf("the document does not say %q:\n%.2000s", want, out.String())
			}
			if strings.Contains(said.String(), "CONSOLE") || others.Load() > 0 {
				t.Errorf("%d other requests, and the browser says:\n%s", others.Load(), said.String())
			}
		})
	}
}
