package events

import "testing"

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{"api", "cart", "web"}
	for name, want := range map[string]string{
		"crat":     ", known are api, cart, web",
		"car":      ", did you mean cart?",
		"CART":     ", did you mean cart?",
		"ap":       ", did you mean api?",
		"database": ", known are api, cart, web",
		"":         ", known are api, cart, web",
	} {
		if got := Suggest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := Suggest("api", nil); got != "" {
		t.Errorf("of none: %q", got)
	}
}
