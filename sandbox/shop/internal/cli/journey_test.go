package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/cli"
)

// pod is one running subcommand, read only through its stdout and its port.
type pod struct {
	url  string
	stop func() int

	mu   sync.Mutex
	logs []map[string]any
}

// start runs a subcommand on a free loopback port, as a container would.
func start(t *testing.T, command string, env map[string]string) *pod {
	t.Helper()
	env = maps.Clone(env)
	if env == nil {
		env = map[string]string{}
	}
	env["LISTEN_ADDR"], env["SHUTDOWN_DELAY"], env["SHOP_VERSION"] = "127.0.0.1:0", "10ms", "v9"
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	p, addr, code := &pod{}, make(chan string, 1), 0
	var stderr bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		code = cli.Main(ctx, []string{command}, cli.Streams{Out: in, Err: &stderr}, func(k string) string { return env[k] })
		_ = in.Close()
	})
	wg.Go(func() { p.read(t, out, addr) })
	p.stop = sync.OnceValue(func() int {
		cancel()
		wg.Wait()
		if stderr.Len() > 0 {
			t.Errorf("%s says on stderr: %s", command, &stderr)
		}
		return code
	})
	t.Cleanup(func() { p.stop() })
	a, ok := <-addr
	if !ok {
		t.Fatalf("%s did not start", command)
	}
	p.url = "http://" + a
	return p
}

func (p *pod) read(t *testing.T, out io.Reader, addr chan<- string) {
	defer close(addr)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		entry := map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Errorf("stdout is not JSON: %s", lines.Text())
		}
		if entry["msg"] == "serving" {
			addr <- entry["addr"].(string)
		}
		p.mu.Lock()
		p.logs = append(p.logs, entry)
		p.mu.Unlock()
	}
}

// handlers lists the handlers that logged a request with the id.
func (p *pod) handlers(id string) []any {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []any
	for _, entry := range p.logs {
		if entry["request_id"] == id {
			found = append(found, entry["handler"])
		}
	}
	return found
}

type visitor struct{ http.Client }

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{http.Client{Jar: jar, Transport: transport}}
}

// see sends a request (a form when there is one) and returns status and page.
func (v *visitor) see(t *testing.T, address string, form url.Values) (int, string) {
	t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Request-Id", "visit-1")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(page)
}

// shop is web, api and cart, wired as in a namespace.
func shop(t *testing.T) (web, api, cart *pod) {
	t.Helper()
	cart = start(t, "cart", nil)
	api = start(t, "api", map[string]string{"CART_URL": cart.url})
	web = start(t, "web", map[string]string{"API_URL": api.url})
	return web, api, cart
}

func TestVisitorFillsACart(t *testing.T) {
	web, api, cart := shop(t)
	v := newVisitor(t)
	steps := []struct {
		name, path string
		form       url.Values
		status     int
		want       string
	}{
		{"the page", "/", nil, 200, "Nothing in it yet"},
		{"add a bell", "/cart/items", url.Values{"sku": {"bell"}}, 200, "1 × Brass ship&#39;s bell"},
		{"add another", "/cart/items", url.Values{"sku": {"bell"}}, 200, "€ 118.00"},
		{"the cart as JSON", "/cart", nil, 200, `"lines":[{"sku":"bell","quantity":2,"name":"Brass ship's bell","sum_cents":11800}],"total_cents":11800}`},
		{"the products as JSON", "/api/products", nil, 200, `{"sku":"anchor","name":"Folding anchor, 4 kg","price_cents":3490}`},
		{"what is not sold", "/cart/items", url.Values{"sku": {"<yacht>"}}, 404, `no product "<yacht>"`},
		{"empty it", "/cart/empty", url.Values{}, 200, "Nothing in it yet"},
		{"what is not there", "/admin", nil, 404, "not found"},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			if status, page := v.see(t, web.url+s.path, s.form); status != s.status || !strings.Contains(page, s.want) {
				t.Errorf("%d, want %d and %q in:\n%s", status, s.status, s.want, page)
			}
		})
	}
	for _, p := range []*pod{web, api, cart} {
		if code := p.stop(); code != 0 {
			t.Errorf("exit code %d after SIGTERM", code)
		}
		if len(p.handlers("visit-1")) == 0 {
			t.Error("the request id did not reach every service")
		}
	}
}

func TestWithoutCartTheShopSaysSorry(t *testing.T) {
	web, _, cart := shop(t)
	cart.stop()
	v := newVisitor(t)
	tests := []struct {
		path   string
		form   url.Values
		status int
		want   string
	}{
		{"/", nil, 502, "Sorry"},
		{"/cart", nil, 502, `{"error":`},
		{"/cart/items", url.Values{"sku": {"bell"}}, 502, "Sorry"},
		{"/api/products", nil, 200, "anchor"}, // needs no cart
	}
	for _, tt := range tests {
		if status, page := v.see(t, web.url+tt.path, tt.form); status != tt.status || !strings.Contains(page, tt.want) {
			t.Errorf("%s: %d, want %d and %q in:\n%s", tt.path, status, tt.status, tt.want, page)
		}
	}
}

func TestLoadSeesTheOutage(t *testing.T) {
	web, _, cart := shop(t)
	load := start(t, "load", map[string]string{"TARGET_URL": web.url + "/", "RPS": "50"})
	v := newVisitor(t)
	until := func(series string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; {
			_, page := v.see(t, load.url+"/metrics", nil)
			if _, value, ok := strings.Cut(page, "\n"+series+" "); !ok {
				t.Fatalf("no series %s", series)
			} else if !strings.HasPrefix(value, "0\n") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s stays 0", series)
			}
		}
	}
	until(`shop_load_requests_total{code="200"}`)
	cart.stop()
	until(`shop_load_requests_total{code="502"}`)
	if code := load.stop(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

func TestWrongUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		code int
		want string
	}{
		{"no command", nil, nil, 2, "Usage: shop COMMAND"},
		{"an unknown command", []string{"till"}, nil, 2, "error: no command \"till\"\nhint: shop help\n"},
		{"an unknown flag", []string{"cart", "--colour", "red"}, nil, 2, "error: flag provided but not defined: -colour\nhint: shop cart --help\n"},
		{"an argument", []string{"cart", "full"}, nil, 2, "error: unexpected argument \"full\"\nhint: shop cart --help\n"},
		{
			"a wrong variable",
			[]string{"load"},
			map[string]string{"RPS": "many", "TIMEOUT": "5"},
			2, "error: RPS \"many\": parse error; TIMEOUT \"5\": parse error\nhint: shop load --help\n",
		},
		{
			"impossible values",
			[]string{"load", "--rps=0", "--target-url=web"},
			nil, 2, "error: TARGET_URL: \"web\": want http://HOST:PORT; RPS 0: must be over 0 and at most 2000\nhint: shop load --help\n",
		},
		{
			"a wrong service URL",
			[]string{"web"},
			map[string]string{"API_URL": "api"},
			2, "error: URL of api: \"api\": want http://HOST:PORT\nhint: shop web --help\n",
		},
		{"a port that cannot be", []string{"cart", "--listen-addr", "127.0.0.1:99999"}, nil, 1, "error: listening on 127.0.0.1:99999: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			code := cli.Main(t.Context(), tt.args, cli.Streams{Out: &out, Err: &stderr}, func(k string) string { return tt.env[k] })
			if code != tt.code || !strings.Contains(stderr.String(), tt.want) || out.Len() > 0 {
				t.Errorf("exit %d, want %d; stdout %q; stderr %s", code, tt.code, &out, cmp.Diff(tt.want, stderr.String()))
			}
		})
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	var stderr bytes.Buffer
	env := func(k string) string { return map[string]string{"RPS": "-1"}[k] }
	code := cli.Main(t.Context(), []string{"load", "--rps", "-2"}, cli.Streams{Out: io.Discard, Err: &stderr}, env)
	if code != 2 || !strings.Contains(stderr.String(), "RPS -2") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"--help"}, {"load", "--help"}, {"web", "-h"}} {
		var out, stderr bytes.Buffer
		code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &stderr}, func(string) string { return "" })
		if code != 0 || stderr.Len() > 0 || !strings.Contains(out.String(), "shop") {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, &out, &stderr)
		}
	}
}
