package events

import (
	"errors"
	"fmt"
	"testing"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	refused := Errorf(KindRefused, "", "no")
	for name, c := range map[string]struct {
		err  error
		want Kind
	}{
		"nil":     {nil, ""},
		"another": {errors.New("x"), ""},
		"refused": {refused, KindRefused},
		"wrapped": {fmt.Errorf("ask: %w", refused), KindRefused},
		"joined":  {errors.Join(errors.New("x"), refused), KindRefused},
	} {
		if got := KindOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
