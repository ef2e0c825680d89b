// Package sample collects a few values of each field that could be personal.
package sample

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Sampler collects values by the name of a field, its path and its type. Set what
// bounds it before the first Add; one goroutine may use it.
type Sampler struct {
	// Store is that of all fields.
	Store string
	// Values are the most of each field, Bytes the most of each value, Fields the most
	// fields. Further ones are dropped.
	Values, Bytes, Fields int
	// Paths are the most of one name, 0 for any number. Values of further ones count as
	// those of the name without a path.
	Paths int
	// Distinct drops values that a field has already.
	Distinct bool

	fields map[[3]string]*datamove.Field
	paths  map[string]int
}

// Add adds a value.
func (s *Sampler) Add(name, path, kind, value string) {
	f := s.field(name, path, kind)
	if f == nil || len(f.Samples) >= s.Values {
		return
	}
	value = value[:min(len(value), s.Bytes)]
	if !s.Distinct || !slices.Contains(f.Samples, value) {
		f.Samples = append(f.Samples, value)
	}
}

// field is the one that a value belongs to, nil when there are too many.
func (s *Sampler) field(name, path, kind string) *datamove.Field {
	at := [3]string{name, path, kind}
	if f := s.fields[at]; f != nil {
		return f
	}
	switch {
	case s.fields == nil:
		s.fields, s.paths = map[[3]string]*datamove.Field{}, map[string]int{}
	case len(s.fields) >= s.Fields:
		return nil
	case s.Paths > 0 && s.paths[name] >= s.Paths && path != "":
		return s.field(name, "", kind)
	}
	s.paths[name]++
	s.fields[at] = &datamove.Field{Store: s.Store, Name: name, Path: path, Type: kind}
	return s.fields[at]
}

// All are the fields by name, path and type.
func (s *Sampler) All() []datamove.Field {
	var out []datamove.Field
	for _, f := range s.fields {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b datamove.Field) int {
		return strings.Compare(a.Name+"\x00"+a.Path+"\x00"+a.Type, b.Name+"\x00"+b.Path+"\x00"+b.Type)
	})
	return out
}
