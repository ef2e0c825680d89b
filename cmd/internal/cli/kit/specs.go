package kit

import (
	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
)

// Specs reads spec files of every kind.
func (d *Deps) Specs() spec.Reader { return spec.Reader{Kinds: app.Kinds(), Stdin: d.In} }

// ReadOne reads a file that has one document of the kind; those of other kinds are
// passed over.
func ReadOne[T spec.Validator](d *Deps, file, kind string) (T, error) {
	var none T
	documents, err := d.Specs().Read(file)
	if err != nil {
		return none, err
	}
	found := spec.Of[T](documents)
	if len(found) != 1 {
		return none, Invalid("name a file with one document of kind "+kind,
			"%s has %d documents of kind %s, want one", file, len(found), kind)
	}
	return found[0], nil
}
