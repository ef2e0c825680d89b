package env

import (
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/envs"
)

// readDocument is the file with the name and the images that flags give.
func readDocument(d *kit.Deps, o *createOptions) (*envs.Document, error) {
	if o.file == "" {
		return nil, kit.Invalid("shakedown env create -f FILE", "no Environment file was given")
	}
	document, err := kit.ReadOne[*envs.Document](d, o.file, "Environment")
	if err != nil {
		return nil, err
	}
	if o.name != "" {
		document.Metadata.Name = o.name
	}
	if err := setImages(document, o.images, o.file); err != nil {
		return nil, err
	}
	if problems := document.Validate(); len(problems) > 0 {
		return nil, kit.Invalid("", "%w", problems)
	}
	return document, nil
}

// SayNotes says what may not be meant in a document that is valid.
func SayNotes(d *kit.Deps, document interface{ Notes() []string }) {
	p := d.Progress()
	for _, note := range document.Notes() {
		p.Say("note: %s", note)
	}
}

func setImages(document *envs.Document, images map[string]string, file string) error {
	for name, image := range images {
		component, ok := document.Spec.Components[name]
		if !ok {
			return kit.Invalid("known are "+strings.Join(slices.Sorted(maps.Keys(document.Spec.Components)), ", "),
				"--image names component %s, which is not in %s", name, file)
		}
		component.Image = image
		document.Spec.Components[name] = component
	}
	return nil
}
