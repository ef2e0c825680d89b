//go:build real

package web

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy notes every request that the browser makes and passes those for the pages on
// to them; there is no way to anywhere else.
type proxy struct {
	pages http.Handler
	mu    sync.Mutex
	seen  []string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.URL.String())
	p.mu.Unlock()
	if r.URL.Host != "reports.test" {
		http.Error(w, "no such place", http.StatusBadGateway)
		return
	}
	p.pages.ServeHTTP(w, r)
}

func (p *proxy) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// browse loads a page in a real browser and returns its document and what the browser
// said, its console included.
func browse(t *testing.T, through, address string, flags ...string) (document, said string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v; run scripts/install-deps.sh test", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
		"--proxy-server=" + through, "--proxy-bypass-list=<-loopback>", "--enable-logging=stderr",
		"--user-data-dir=" + filepath.Join(t.TempDir(), "profile"), "--virtual-time-budget=2000",
	}, flags...)
	cmd := exec.CommandContext(ctx, chromium, append(args, address)...)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, errors.String())
	}
	return out.String(), errors.String()
}

func TestPagesInABrowser(t *testing.T) {
	p := &proxy{pages: five(t).serve(t)}
	server := httptest.NewServer(p)
	defer server.Close()
	for path, want := range map[string]string{
		"/":                                "kill-only-cart",
		"/?verdict=failed":                 "1 of 5 runs",
		"/reports/run-7c1e-kill-one-api":   "Verdict: </span>passed",
		"/reports/run-7c1e-kill-only-cart": "Verdict: </span>failed",
		"/reports/run-7c1e-typo-in-metric": "Verdict: </span>inconclusive",
		"/reports/run-7c1e-stopped":        "Verdict: </span>aborted",
		"/reports/no-such-run":             "does not exist",
	} {
		t.Run(path, func(t *testing.T) {
			document, said := browse(t, server.URL, "http://reports.test"+path, "--dump-dom")
			if !strings.Contains(document, want) {
				t.Errorf("the document does not say %q:\n%.2000s", want, document)
			}
			for line := range strings.Lines(said) {
				if strings.Contains(line, "CONSOLE") {
					t.Errorf("the browser complains: %s", line)
				}
			}
			if seen := strings.Join(pageRequests(p.take()), ", "); seen != "GET http://reports.test"+path {
				t.Errorf("the page made the browser ask for %s", seen)
			}
		})
	}
}

// pageRequests leaves out what the browser asks for on its own account: its icon of
// the site and its maker's servers.
func pageRequests(all []string) (page []string) {
	for _, r := range all {
		own := strings.HasSuffix(r, "/favicon.ico")
		for _, maker := range []string{"google.com", "googleapis.com", "gvt1.com", "gstatic.com"} {
			own = own || strings.Contains(r, maker+"/") || strings.Contains(r, maker+":")
		}
		if !own {
			page = append(page, r)
		}
	}
	return page
}

// TestStyleApplies proves that the policy lets the page's own style sheet through, in
// both colour schemes: it looks at the colour of the background.
func TestStyleApplies(t *testing.T) {
	p := &proxy{pages: five(t).serve(t)}
	server := httptest.NewServer(p)
	defer server.Close()
	shots := map[string]string{}
	for name, scheme := range map[string]string{"dark": "0", "light": "1"} {
		file := filepath.Join(t.TempDir(), name+".png")
		browse(t, server.URL, "http://reports.test/reports/latest", "--screenshot="+file, "--window-size=400,800", "--blink-settings=preferredColorScheme="+scheme)
		shots[name] = corner(t, file)
	}
	want := map[string]string{"dark": "0e141c", "light": "f3f5f8"}
	for name := range want {
		if shots[name] != want[name] {
			t.Errorf("%s: the background is #%s, want #%s", name, shots[name], want[name])
		}
	}
}

// corner is the colour of the picture's first pixel.
func corner(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := picture.At(0, 0).RGBA()
	return fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)
}
