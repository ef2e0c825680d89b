// Package goods holds the nouns the shop's services exchange as JSON.
package goods

import "fmt"

// Product is something the shop sells.
type Product struct {
	SKU        string `json:"sku"`
	Name       string `json:"name"`
	PriceCents int    `json:"price_cents"`
}

// Price is the product's price for people, in euros.
func (p Product) Price() string { return Euros(p.PriceCents) }

// Line is one product in a cart and how many of it.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Cart is what one visitor has collected, in the order of the first adding.
type Cart struct {
	ID    string `json:"id"`
	Lines []Line `json:"lines"`
}

// PricedLine is a cart line with the product's name and the sum it costs.
type PricedLine struct {
	Line

	Name     string `json:"name"`
	SumCents int    `json:"sum_cents"`
}

// Sum is the line's sum for people, in euros.
func (l PricedLine) Sum() string { return Euros(l.SumCents) }

// PricedCart is a cart with prices.
type PricedCart struct {
	ID         string       `json:"id"`
	Lines      []PricedLine `json:"lines"`
	TotalCents int          `json:"total_cents"`
}

// Total is the cart's total for people, in euros.
func (c PricedCart) Total() string { return Euros(c.TotalCents) }

// Storefront is all that the shop's page shows.
type Storefront struct {
	Products []Product  `json:"products"`
	Cart     PricedCart `json:"cart"`
}

// Euros renders an amount in cents.
func Euros(cents int) string { return fmt.Sprintf("€ %d.%02d", cents/100, cents%100) }
