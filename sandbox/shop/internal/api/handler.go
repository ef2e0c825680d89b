package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/jsonhttp"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

// Carts is the cart service as the api sees it; call.Client is one.
// Errors: those of call.Client.Do.
type Carts interface {
	Do(ctx context.Context, method, path string, in, out any) error
}

type service struct {
	carts    Carts
	products []goods.Product
}

// Handler serves the products, a visitor's cart with prices, and both at once
// for the shop's page.
func Handler(carts Carts, ob *observe.Observer) http.Handler {
	s := &service{carts: carts, products: Catalog()}
	mux := http.NewServeMux()
	ob.Handle(mux, "GET /api/products", "products", s.list)
	ob.Handle(mux, "GET /api/storefront/{id}", "storefront", s.storefront)
	ob.Handle(mux, "GET /api/cart/{id}", "cart", s.cart)
	ob.Handle(mux, "DELETE /api/cart/{id}", "cart", s.cart)
	ob.Handle(mux, "POST /api/cart/{id}/items", "items", s.add)
	ob.Handle(mux, "/", "other", http.NotFound)
	return mux
}

func (s *service) list(w http.ResponseWriter, _ *http.Request) {
	jsonhttp.Write(w, http.StatusOK, s.products)
}

func (s *service) storefront(w http.ResponseWriter, r *http.Request) {
	var cart goods.Cart
	if err := s.carts.Do(r.Context(), http.MethodGet, cartPath(r), nil, &cart); err != nil {
		call.Relay(w, err)
		return
	}
	jsonhttp.Write(w, http.StatusOK, goods.Storefront{Products: s.products, Cart: price(cart, s.products)})
}

// cart gets or empties the cart.
func (s *service) cart(w http.ResponseWriter, r *http.Request) {
	s.relay(w, r, r.Method, cartPath(r), nil)
}

func (s *service) add(w http.ResponseWriter, r *http.Request) {
	var line goods.Line
	if err := jsonhttp.Read(w, r, &line); err != nil {
		jsonhttp.Fail(w, http.StatusBadRequest, "%s", err)
		return
	}
	if !slices.ContainsFunc(s.products, func(p goods.Product) bool { return p.SKU == line.SKU }) {
		jsonhttp.Fail(w, http.StatusNotFound, "no product %q", line.SKU)
		return
	}
	s.relay(w, r, http.MethodPost, cartPath(r)+"/items", line)
}

func (s *service) relay(w http.ResponseWriter, r *http.Request, method, path string, in any) {
	var cart goods.Cart
	if err := s.carts.Do(r.Context(), method, path, in, &cart); err != nil {
		call.Relay(w, err)
		return
	}
	jsonhttp.Write(w, http.StatusOK, price(cart, s.products))
}

func cartPath(r *http.Request) string { return "/cart/" + url.PathEscape(r.PathValue("id")) }
