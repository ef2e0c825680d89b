package cart_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/cart"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

func TestStoreKeepsWhatIsAdded(t *testing.T) {
	var s cart.Store
	for _, sku := range []string{"rope", "bell", "rope"} {
		if _, err := s.Add("ann", sku, 2); err != nil {
			t.Fatal(err)
		}
	}
	want := goods.Cart{ID: "ann", Lines: []goods.Line{{SKU: "rope", Quantity: 4}, {SKU: "bell", Quantity: 2}}}
	if diff := cmp.Diff(want, s.Get("ann")); diff != "" {
		t.Errorf("cart (-want +got):\n%s", diff)
	}
	s.Empty("ann")
	if got := s.Get("ann"); len(got.Lines) != 0 {
		t.Errorf("emptied cart holds %v", got.Lines)
	}
}

func TestStoreIsBounded(t *testing.T) {
	var s cart.Store
	for n := range cart.MaxCarts + 1 {
		if _, err := s.Add(fmt.Sprint(n), "bell", 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.Get("0").Lines) != 0 || len(s.Get("1").Lines) != 1 {
		t.Error("want the oldest cart gone and the next one kept")
	}
	for n := range cart.MaxLines {
		if _, err := s.Add("ann", fmt.Sprint(n), cart.MaxQuantity); err != nil {
			t.Fatal(err)
		}
	}
	for _, sku := range []string{"0", "new"} {
		if _, err := s.Add("ann", sku, 1); !errors.Is(err, cart.ErrFull) {
			t.Errorf("adding %q: %v, want %v", sku, err, cart.ErrFull)
		}
	}
}

func TestHandler(t *testing.T) {
	ob := observe.New(observe.Options{
		Log: slog.New(slog.DiscardHandler), NewID: func() string { return "id" }, Now: time.Now,
	})
	server := httptest.NewServer(cart.Handler(&cart.Store{}, ob))
	defer server.Close()
	steps := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"an unknown cart is empty", "GET", "/cart/ann", "", 200, `{"id":"ann","lines":[]}`},
		{"an item is added", "POST", "/cart/ann/items", `{"sku":"bell","quantity":2}`, 200, `{"id":"ann","lines":[{"sku":"bell","quantity":2}]}`},
		{"another cart stays empty", "GET", "/cart/bob", "", 200, `{"id":"bob","lines":[]}`},
		{"none of it", "POST", "/cart/ann/items", `{"sku":"bell"}`, 400, `quantity 0`},
		{"less than none", "POST", "/cart/ann/items", `{"sku":"bell","quantity":-1}`, 400, `quantity -1`},
		{"too many", "POST", "/cart/ann/items", `{"sku":"bell","quantity":98}`, 409, `full`},
		{"nothing", "POST", "/cart/ann/items", `{"quantity":1}`, 400, `1 to 64 characters`},
		{"no JSON", "POST", "/cart/ann/items", `bell`, 400, `reading the JSON body`},
		{"a strange field", "POST", "/cart/ann/items", `{"sku":"bell","colour":"red"}`, 400, `unknown field`},
		{"a huge body", "POST", "/cart/ann/items", `{"sku":"` + strings.Repeat("x", 1<<15) + `"}`, 400, `too large`},
		{"it is emptied", "DELETE", "/cart/ann", "", 200, `{"id":"ann","lines":[]}`},
		{"a wrong path", "GET", "/carts", "", 404, ``},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), s.method, server.URL+s.path, strings.NewReader(s.body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != s.status || !strings.Contains(string(body), s.want) {
				t.Errorf("%d %s (%v), want %d with %s", resp.StatusCode, body, err, s.status, s.want)
			}
		})
	}
}
