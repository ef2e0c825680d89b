package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
)

func TestPrice(t *testing.T) {
	products := []goods.Product{{SKU: "bell", Name: "Bell", PriceCents: 1050}, {SKU: "rope", Name: "Rope", PriceCents: 5}}
	cart := goods.Cart{ID: "ann", Lines: []goods.Line{{SKU: "rope", Quantity: 3}, {SKU: "kite", Quantity: 9}, {SKU: "bell", Quantity: 2}}}
	want := goods.PricedCart{ID: "ann", TotalCents: 2115, Lines: []goods.PricedLine{
		{Line: cart.Lines[0], Name: "Rope", SumCents: 15},
		{Line: cart.Lines[1], Name: "kite"},
		{Line: cart.Lines[2], Name: "Bell", SumCents: 2100},
	}}
	got := price(cart, products)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("priced cart (-want +got):\n%s", diff)
	}
	if got.Total() != "€ 21.15" || got.Lines[0].Sum() != "€ 0.15" || products[0].Price() != "€ 10.50" {
		t.Errorf("for people: %s, %s, %s", got.Total(), got.Lines[0].Sum(), products[0].Price())
	}
}
