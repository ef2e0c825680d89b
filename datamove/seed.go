package datamove

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// environmentWord stands for the name of the environment in the target URLs,
// filters and credentials of a document that seeds several.
const environmentWord = "${environment}"

// Parse reads a document from JSON, strictly; see events.ParseDocument.
func Parse(raw []byte) (Document, error) { return events.ParseDocument[Document](Kind, raw) }

// For is the document for one environment.
func (d Document) For(environment string) Document {
	put := func(s *string) { *s = strings.ReplaceAll(*s, environmentWord, environment) }
	d.Spec.Environment = environment
	d.Spec.Stores = append([]Store(nil), d.Spec.Stores...)
	for i := range d.Spec.Stores {
		s := &d.Spec.Stores[i]
		for _, e := range []*Endpoint{&s.From, &s.To} {
			put(&e.URL)
			put(&e.Credentials.Env)
			put(&e.Credentials.File)
			if ref := e.Credentials.Secret; ref != nil {
				own := *ref
				put(&own.Namespace)
				put(&own.Name)
				put(&own.Key)
				e.Credentials.Secret = &own
			}
		}
	}
	return d
}

// needsEnvironment says whether the word is there still.
func (d Document) needsEnvironment() bool {
	named := d.For("a")
	named.Spec.Environment = d.Spec.Environment
	return !sameDocument(d, named)
}

// seedRequest is the copy that an environment asked for when it was made.
func seedRequest(documents []Document, e events.Environment, cause events.Meta) (events.CopyStart, error) {
	id := "seed-" + events.Digest(cause.ID)[:16]
	start := events.CopyStart{ID: id, Environment: e.Name, Provisioned: cause.ID}
	for _, d := range documents {
		if d.Metadata.Name != e.Seed {
			continue
		}
		raw, err := json.Marshal(d.For(e.Name))
		if err != nil {
			return start, fmt.Errorf("write DataCopy %s: %w", e.Seed, err)
		}
		start.Spec = raw
		return start, nil
	}
	return start, events.Errorf(events.KindNotFound, "put the document into the folder of --specs",
		"seed environment %s: no DataCopy %s is known", e.Name, e.Seed)
}
