package datamove

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// MaskPolicy is a Masker that also knows which fields it covers.
type MaskPolicy interface {
	Masker
	// Missing are the column rules that fit none of the fields.
	Missing(fields []Field) events.Problems
	// Unclassified are findings on fields that look personal and that no rule covers.
	Unclassified(fields []Field) []Finding
}

// CopierDeps are what copies stand on.
type CopierDeps struct {
	// Adapters by kind of store.
	Adapters map[string]Adapter
	Secrets  Secrets
	// NewMask makes the masker of a document's rules. Key is nil without rules that
	// mask. Errors: events.Problems.
	NewMask func(rules []Rule, key []byte) (MaskPolicy, error)
	Policy  Policy
	// View draws a report for people; nil for none.
	View func(w io.Writer, r Report) error
	// Dir is the folder in which every run has a folder.
	Dir     string
	Version string
	Now     func() time.Time
	NewID   func() string
	Log     *slog.Logger
	// Checkpoint is called with each step that is done; nil outside tests.
	Checkpoint func(step string)
}

// Copier plans, copies and verifies documents.
type Copier struct{ deps CopierDeps }

// NewCopier checks the dependencies.
func NewCopier(d CopierDeps) (*Copier, error) {
	if len(d.Adapters) == 0 || d.NewMask == nil || d.Now == nil || d.NewID == nil || d.Log == nil || d.Dir == "" || d.Secrets.Env == nil {
		return nil, errors.New("start datamove: a dependency is missing")
	}
	d.Log = d.Log.With("service", "datamove")
	return &Copier{d}, nil
}
