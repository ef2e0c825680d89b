// Package web is the shop's front end: the page with the products and the
// visitor's cart, and the same as JSON. All it shows comes from the api.
package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/jsonhttp"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

//go:embed page.html
var pageText string

// API is the back end as the web service sees it; call.Client is one.
// Errors: those of call.Client.Do.
type API interface {
	Do(ctx context.Context, method, path string, in, out any) error
}

// Options are the service's inputs; all of them are needed.
type Options struct {
	API     API
	Version string
	NewID   func() string
}

type service struct {
	Options

	page *template.Template
}

// Handler serves the shop. The error is that of a page that does not parse.
func Handler(o Options, ob *observe.Observer) (http.Handler, error) {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("parsing the shop's page: %w", err)
	}
	s := &service{Options: o, page: page}
	mux := http.NewServeMux()
	ob.Handle(mux, "GET /{$}", "home", s.home)
	ob.Handle(mux, "GET /api/products", "products", s.products)
	ob.Handle(mux, "GET /cart", "cart", s.cart)
	ob.Handle(mux, "POST /cart/items", "items", s.add)
	ob.Handle(mux, "POST /cart/empty", "empty", s.empty)
	ob.Handle(mux, "/", "other", http.NotFound)
	return mux, nil
}

func (s *service) home(w http.ResponseWriter, r *http.Request) {
	view := struct {
		Shop    goods.Storefront
		Version string
	}{Version: s.Version}
	path := "/api/storefront/" + url.PathEscape(s.visitor(w, r))
	if err := s.API.Do(r.Context(), http.MethodGet, path, nil, &view.Shop); err != nil {
		sorry(w, err)
		return
	}
	var out bytes.Buffer
	if err := s.page.Execute(&out, view); err != nil {
		sorry(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
}

func (s *service) products(w http.ResponseWriter, r *http.Request) {
	relay[[]goods.Product](s, w, r, "/api/products")
}

func (s *service) cart(w http.ResponseWriter, r *http.Request) {
	relay[goods.PricedCart](s, w, r, s.cartPath(w, r))
}

func relay[T any](s *service, w http.ResponseWriter, r *http.Request, path string) {
	var answer T
	if err := s.API.Do(r.Context(), http.MethodGet, path, nil, &answer); err != nil {
		call.Relay(w, err)
		return
	}
	jsonhttp.Write(w, http.StatusOK, answer)
}

func (s *service) add(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, jsonhttp.MaxBody)
	line := goods.Line{SKU: r.PostFormValue("sku"), Quantity: 1}
	s.change(w, r, http.MethodPost, s.cartPath(w, r)+"/items", line)
}

func (s *service) empty(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, http.MethodDelete, s.cartPath(w, r), nil)
}

// change alters the cart, then sends the browser back to the page.
func (s *service) change(w http.ResponseWriter, r *http.Request, method, path string, in any) {
	if err := s.API.Do(r.Context(), method, path, in, nil); err != nil {
		sorry(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// sorry tells a person, not a program, that the page cannot be shown.
func sorry(w http.ResponseWriter, err error) {
	code, text := call.Gateway(err)
	http.Error(w, "Sorry, the shop cannot do that now: "+text, code)
}
