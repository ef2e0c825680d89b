package mask

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// maxDepth is how deep JSON may be nested, as in encoding/json.
const maxDepth = 10000

// document masks values inside JSON and copies all other bytes as they are.
type document struct {
	as    string
	paths []*rule
	// rest masks what no path leads to, nil when it stays.
	rest  *kind
	lines bool
	pool  sync.Pool
}

func newDocument(paths []*rule, rest *kind, lines bool) *document {
	d := &document{paths: paths, rest: rest, lines: lines}
	var words []string
	for _, r := range paths {
		words = append(words, r.As)
	}
	if rest != nil {
		words = append(words, rest.as)
	}
	slices.Sort(words)
	d.as = strings.Join(slices.DeleteFunc(slices.Compact(words), func(s string) bool { return s == "keep" }), "+")
	d.pool.New = func() any { return &scanner{document: d} }
	return d
}

// As is the words of the rules: "email+name".
func (d *document) As() string { return d.as }

// Mask masks one document. An error says where it stops being JSON, not what is there.
func (d *document) Mask(dst, value []byte) (masked []byte, null bool, err error) {
	s, _ := d.pool.Get().(*scanner)
	defer d.pool.Put(s)
	base := len(dst)
	s.in, s.at, s.out, s.active = value, 0, dst, s.active[:0]
	err = s.all()
	masked = s.out
	s.in, s.out = nil, nil
	if err != nil {
		return dst[:base], false, fmt.Errorf("is not JSON at byte %d: %w", s.at, err)
	}
	return masked, false, nil
}

// errSyntax and errDepth say why it is not JSON.
var (
	errSyntax = errors.New("not what JSON has there")
	errEnd    = errors.New("it ends too early")
	errDepth  = errors.New("it is nested too deep")
)

// scanner reads JSON once and writes it anew on the way.
type scanner struct {
	document *document
	in       []byte
	at       int
	out      []byte
	// active holds, as a stack, the numbers of the rules whose paths lead on.
	active []int
	plain  []byte
	masked []byte
}

// none is the number of no rule.
const none = int(^uint(0) >> 1)

// all reads one document, or several.
func (s *scanner) all() error {
	for {
		for i := range s.document.paths {
			s.active = append(s.active, i)
		}
		best := none
		for i, r := range s.document.paths {
			if len(r.path) == 0 {
				best = min(best, i)
			}
		}
		if err := s.value(0, 0, best); err != nil {
			return err
		}
		s.active = s.active[:0]
		s.space()
		if s.at == len(s.in) {
			return nil
		}
		if !s.document.lines {
			return errSyntax
		}
	}
}

// value reads a value with the space before it. From is where the stack of the rules
// that lead here begins, best the rule that masks it.
func (s *scanner) value(depth, from, best int) error {
	s.space()
	if s.at == len(s.in) {
		return errEnd
	}
	if depth > maxDepth {
		return errDepth
	}
	switch c := s.in[s.at]; {
	case c == '{':
		return s.object(depth, from, best)
	case c == '[':
		return s.array(depth, from, best)
	case c == '"':
		return s.text(s.kind(best))
	case c == '-' || isDigit(c):
		return s.number(s.kind(best))
	case c == 't':
		return s.literal("true", s.kind(best))
	case c == 'f':
		return s.literal("false", s.kind(best))
	case c == 'n':
		return s.literal("null", s.kind(best))
	}
	return errSyntax
}

// kind is how a value is masked, nil when it stays.
func (s *scanner) kind(best int) *kind {
	k := s.document.rest
	if best != none {
		k = s.document.paths[best].kind
	}
	if k == nil || k.as == "keep" {
		return nil
	}
	return k
}

func (s *scanner) object(depth, from, best int) error {
	s.copy(1)
	if s.closes('}') {
		return nil
	}
	for {
		s.space()
		begin := s.at
		if err := s.quoted(); err != nil {
			return err
		}
		raw := s.in[begin+1 : s.at-1]
		s.out = append(s.out, s.in[begin:s.at]...)
		s.space()
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := s.member(s.unquote(raw), -1, depth, from, best); err != nil {
			return err
		}
		if s.closes('}') {
			return nil
		}
		if err := s.expect(','); err != nil {
			return err
		}
	}
}

func (s *scanner) array(depth, from, best int) error {
	s.copy(1)
	if s.closes(']') {
		return nil
	}
	for i := 0; ; i++ {
		if err := s.member(nil, i, depth, from, best); err != nil {
			return err
		}
		if s.closes(']') {
			return nil
		}
		if err := s.expect(','); err != nil {
			return err
		}
	}
}

// member reads the value of a name, or that at an index of 0 or more, under the rules
// whose paths go on there.
func (s *scanner) member(name []byte, index, depth, from, best int) error {
	top := len(s.active)
	for i := from; i < top; i++ {
		r := s.active[i]
		path := s.document.paths[r].path
		if depth >= len(path) || !path[depth].fits(name, index) {
			continue
		}
		s.active = append(s.active, r)
		if depth+1 == len(path) {
			best = min(best, r)
		}
	}
	err := s.value(depth+1, top, best)
	s.active = s.active[:top]
	return err
}

func (p step) fits(name []byte, index int) bool {
	return p.any || p.index == index && (index >= 0 || p.name == string(name))
}

// closes reads space and the bracket, if it is there.
func (s *scanner) closes(bracket byte) bool {
	s.space()
	if s.at < len(s.in) && s.in[s.at] == bracket {
		s.copy(1)
		return true
	}
	return false
}

func (s *scanner) expect(c byte) error {
	if s.at == len(s.in) {
		return errEnd
	}
	if s.in[s.at] != c {
		return errSyntax
	}
	s.copy(1)
	return nil
}

func (s *scanner) space() {
	for s.at < len(s.in) && (s.in[s.at] == ' ' || s.in[s.at] == '\n' || s.in[s.at] == '\t' || s.in[s.at] == '\r') {
		s.copy(1)
	}
}

func (s *scanner) copy(n int) {
	s.out = append(s.out, s.in[s.at:s.at+n]...)
	s.at += n
}

func (s *scanner) literal(word string, k *kind) error {
	if !bytes.HasPrefix(s.in[s.at:], []byte(word)) {
		return errSyntax
	}
	if k != nil && k.as == "null" {
		s.out = append(s.out, "null"...)
		s.at += len(word)
		return nil
	}
	s.copy(len(word))
	return nil
}
