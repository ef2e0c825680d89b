// Package cart is the service that keeps the visitors' carts, in memory: when
// its only pod dies, so do the carts. That is what the demo shows.
package cart

import (
	"errors"
	"slices"
	"sync"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/goods"
)

// Bounds of what the service keeps.
const (
	MaxCarts    = 10_000
	MaxLines    = 50
	MaxQuantity = 99
)

// ErrFull is the refusal of an item beyond MaxLines or MaxQuantity.
var ErrFull = errors.New("the cart is full")

// Store keeps carts; the oldest gives way when there are MaxCarts. The zero
// value is ready for use, also concurrently.
type Store struct {
	mu    sync.Mutex
	carts map[string][]goods.Line
	order []string
}

// Get returns the cart; one nobody has put anything into is empty.
func (s *Store) Get(id string) goods.Cart {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view(id)
}

// Add puts quantity of sku into the cart. Errors: ErrFull.
func (s *Store) Add(id, sku string, quantity int) (goods.Cart, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, known := s.carts[id]
	at := slices.IndexFunc(lines, func(l goods.Line) bool { return l.SKU == sku })
	if at < 0 {
		lines, at = append(lines, goods.Line{SKU: sku}), len(lines)
	}
	if len(lines) > MaxLines || lines[at].Quantity+quantity > MaxQuantity {
		return goods.Cart{}, ErrFull
	}
	lines[at].Quantity += quantity
	if !known {
		s.admit(id)
	}
	s.carts[id] = lines
	return s.view(id), nil
}

// Empty forgets the cart.
func (s *Store) Empty(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.carts, id)
	s.order = slices.DeleteFunc(s.order, func(o string) bool { return o == id })
}

func (s *Store) admit(id string) {
	if s.carts == nil {
		s.carts = map[string][]goods.Line{}
	}
	if len(s.order) == MaxCarts {
		delete(s.carts, s.order[0])
		s.order = s.order[1:]
	}
	s.order = append(s.order, id)
}

func (s *Store) view(id string) goods.Cart {
	return goods.Cart{ID: id, Lines: append([]goods.Line{}, s.carts[id]...)}
}
