package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// crate has cargo by name, each a text or fields.
type crate struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Cargo      map[string]item
	Pointer    *item
}

type item struct {
	Text  string `json:"-"`
	Store string `json:"store"`
}

func (i *item) Shorthand() *string { return &i.Text }

func (*crate) Validate() events.Problems { return nil }

func TestShorthand(t *testing.T) {
	t.Parallel()
	reader := Reader{Kinds: map[string]func() Validator{"Crate": func() Validator { return &crate{} }}}
	crates := strings.Replace(head, "Ship", "Crate", 1)
	docs, problems := reader.Parse("f.yaml", []byte(crates+"Cargo: {tea: green, rum: {store: cellar}, salt: \"3\"}\nPointer: x\n"))
	if len(problems) > 0 || len(docs) != 1 {
		t.Fatal(problems)
	}
	want := map[string]item{"tea": {Text: "green"}, "rum": {Store: "cellar"}, "salt": {Text: "3"}}
	got := docs[0].Value.(*crate)
	if diff := cmp.Diff(want, got.Cargo); diff != "" || got.Pointer.Text != "x" {
		t.Errorf("cargo (-want +got):\n%s\npointer %+v", diff, got.Pointer)
	}
	for text, want := range map[string]string{
		"3":          `f.yaml:4: Cargo.salt: is number 3, want text (write "3" with the quotes)`,
		"{}":         "f.yaml:4: Cargo.salt: is empty, want text or fields (store)",
		"":           "f.yaml:4: Cargo.salt: is empty, want text or fields (store)",
		"[a]":        "f.yaml:4: Cargo.salt: is a list, want fields (store)",
		"{stor: a}":  "f.yaml:4: Cargo.salt.stor: unknown field, did you mean store?",
		"{Text: a}":  "f.yaml:4: Cargo.salt.Text: unknown field, known are store",
		"{store: 3}": `f.yaml:4: Cargo.salt.store: is number 3, want text (write "3" with the quotes)`,
	} {
		if _, problems := reader.Parse("f.yaml", []byte(crates+"Cargo: {salt: "+text+"}\n")); problems.Error() != want {
			t.Errorf("%s: %v", text, problems)
		}
	}
}
