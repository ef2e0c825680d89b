package mask

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
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

// Mask masks one document. An error tells where it stops being JSON, not what is there.
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

// number masks a number, which stays one.
func (s *scanner) number(k *kind) error {
	size := numberSize(s.in[s.at:])
	if size == 0 {
		return errSyntax
	}
	raw := s.in[s.at : s.at+size]
	s.at += size
	switch {
	case k == nil:
		s.out = append(s.out, raw...)
		return nil
	case k.as == "null":
		s.out = append(s.out, "null"...)
		return nil
	}
	e, _ := k.pool.Get().(*engine)
	defer k.pool.Put(e)
	base := len(s.out)
	s.out = k.mask(e, s.out, raw)
	if got := s.out[base:]; len(got) == 0 || numberSize(got) != len(got) {
		s.out = maskDigits(e, s.out[:base], raw)
	}
	return nil
}

// numberSize is how many bytes the number takes that the text begins with, 0 for none.
func numberSize(text []byte) int {
	begin := 0
	if len(text) > 0 && text[0] == '-' {
		begin = 1
	}
	i := pastDigits(text, begin)
	if i == begin || text[begin] == '0' && i > begin+1 {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		fraction := i + 1
		if i = pastDigits(text, fraction); i == fraction {
			return 0
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		return pastExponent(text, i+1)
	}
	return i
}

// pastExponent is where the digits of an exponent end, 0 when there are none.
func pastExponent(text []byte, i int) int {
	if i < len(text) && (text[i] == '+' || text[i] == '-') {
		i++
	}
	end := pastDigits(text, i)
	if end == i {
		return 0
	}
	return end
}

func pastDigits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// text masks a string.
func (s *scanner) text(k *kind) error {
	begin := s.at
	if err := s.quoted(); err != nil {
		return err
	}
	switch {
	case k == nil:
		s.out = append(s.out, s.in[begin:s.at]...)
		return nil
	case k.as == "null":
		s.out = append(s.out, "null"...)
		return nil
	}
	masked, _, err := k.Mask(s.masked[:0], s.unquote(s.in[begin+1:s.at-1]))
	if err != nil {
		return err
	}
	s.masked = masked
	s.out = appendQuoted(s.out, masked)
	return nil
}

// quoted reads a string and writes nothing.
func (s *scanner) quoted() error {
	if s.at == len(s.in) {
		return errEnd
	}
	if s.in[s.at] != '"' {
		return errSyntax
	}
	for s.at++; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c < ' ':
			return errSyntax
		case c == '\\':
			size := escapeSize(s.in[s.at:])
			if size == 0 {
				return errSyntax
			}
			s.at += size - 1
		}
	}
	return errEnd
}

// escapeSize is how many bytes an escape takes, 0 when there is no such one.
func escapeSize(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, text[1]) < 0 {
			return 0
		}
		return 2
	}
	if len(text) < 6 {
		return 0
	}
	for _, c := range text[2:6] {
		if hexValue(c) < 0 {
			return 0
		}
	}
	return 6
}

// unquote is the string without its escapes; it holds until the next call.
func (s *scanner) unquote(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	b := s.plain[:0]
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			b = append(b, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			b = append(b, unescaped(raw[i+1]))
			i += 2
			continue
		}
		r := hexRune(raw[i+2:])
		i += 6
		if r >= 0xD800 && r < 0xDC00 && i+6 <= len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
			if low := hexRune(raw[i+2:]); low >= 0xDC00 && low < 0xE000 {
				r = (r-0xD800)<<10 + low - 0xDC00 + 0x10000
				i += 6
			}
		}
		b = utf8.AppendRune(b, r)
	}
	s.plain = b
	return b
}

func hexRune(text []byte) (r rune) {
	for _, c := range text[:4] {
		r = r<<4 | rune(hexValue(c))
	}
	return r
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// appendQuoted writes a string with the escapes that it needs.
func appendQuoted(dst, text []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
