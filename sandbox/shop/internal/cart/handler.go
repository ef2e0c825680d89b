package cart

import (
	"net/http"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/jsonhttp"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

const maxName = 64

// Handler serves GET and DELETE /cart/{id} and POST /cart/{id}/items.
func Handler(store *Store, ob *observe.Observer) http.Handler {
	mux := http.NewServeMux()
	ob.Handle(mux, "GET /cart/{id}", "cart", func(w http.ResponseWriter, r *http.Request) {
		jsonhttp.Write(w, http.StatusOK, store.Get(r.PathValue("id")))
	})
	ob.Handle(mux, "DELETE /cart/{id}", "cart", func(w http.ResponseWriter, r *http.Request) {
		store.Empty(r.PathValue("id"))
		jsonhttp.Write(w, http.StatusOK, store.Get(r.PathValue("id")))
	})
	ob.Handle(mux, "POST /cart/{id}/items", "items", func(w http.ResponseWriter, r *http.Request) {
		add(store, w, r)
	})
	ob.Handle(mux, "/", "other", http.NotFound)
	return mux
}

func add(store *Store, w http.ResponseWriter, r *http.Request) {
	var line goods.Line
	if err := jsonhttp.Read(w, r, &line); err != nil {
		jsonhttp.Fail(w, http.StatusBadRequest, "%s", err)
		return
	}
	id := r.PathValue("id")
	if len(id) > maxName || line.SKU == "" || len(line.SKU) > maxName {
		jsonhttp.Fail(w, http.StatusBadRequest, "cart id and sku must have 1 to %d characters", maxName)
		return
	}
	if line.Quantity < 1 || line.Quantity > MaxQuantity {
		jsonhttp.Fail(w, http.StatusBadRequest, "quantity %d: must be 1 to %d", line.Quantity, MaxQuantity)
		return
	}
	cart, err := store.Add(id, line.SKU, line.Quantity)
	if err != nil {
		jsonhttp.Fail(w, http.StatusConflict, "%s", err)
		return
	}
	jsonhttp.Write(w, http.StatusOK, cart)
}
