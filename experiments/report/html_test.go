package report

import (
	"bytes"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

func render(t testing.TB, r experiments.Record) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML(t *testing.T) {
	for name, r := range records() {
		t.Run(name, func(t *testing.T) {
			golden.Equal(t, name+".html", []byte(render(t, r)))
		})
	}
}
