// Package api is the shop's back end: it knows the products and their prices
// and asks the cart service for what a visitor has collected.
package api

import "github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"

// Catalog is what the shop sells.
func Catalog() []goods.Product {
	return []goods.Product{
		{SKU: "anchor", Name: "Folding anchor, 4 kg", PriceCents: 3490},
		{SKU: "bell", Name: "Brass ship's bell", PriceCents: 5900},
		{SKU: "compass", Name: "Steering compass", PriceCents: 12900},
		{SKU: "flare", Name: "Hand flare, red", PriceCents: 1890},
		{SKU: "lifebuoy", Name: "Lifebuoy with line", PriceCents: 4450},
		{SKU: "rope", Name: "Mooring rope, 20 m", PriceCents: 2795},
	}
}

// price joins a cart with the catalog. Lines of products that are sold no more
// keep their number as name and cost nothing.
func price(cart goods.Cart, products []goods.Product) goods.PricedCart {
	bySKU := make(map[string]goods.Product, len(products))
	for _, p := range products {
		bySKU[p.SKU] = p
	}
	priced := goods.PricedCart{ID: cart.ID, Lines: []goods.PricedLine{}}
	for _, line := range cart.Lines {
		p, sold := bySKU[line.SKU]
		if !sold {
			p = goods.Product{Name: line.SKU}
		}
		sum := p.PriceCents * line.Quantity
		priced.Lines = append(priced.Lines, goods.PricedLine{Line: line, Name: p.Name, SumCents: sum})
		priced.TotalCents += sum
	}
	return priced
}
