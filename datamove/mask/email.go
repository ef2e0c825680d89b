package mask

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// safeDomain is reserved: nothing below it is ever delivered.
const safeDomain = ".test"

// maskEmail masks every address in the value by itself and what is between them as text.
func maskEmail(e *engine, dst, value []byte) []byte {
	for from := 0; ; {
		begin, at, end := nextAddress(value, from)
		dst = e.scramble(dst, value[from:begin], []byte("text"), nil)
		if begin == len(value) {
			return dst
		}
		dst = e.address(dst, value[begin:at], value[at+1:end])
		from = end
	}
}

// address masks one address. The local part is permuted for each domain apart.
func (e *engine) address(dst, local, domain []byte) []byte {
	e.tweak = append(e.tweak[:0], '@')
	for _, c := range domain {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		e.tweak = append(e.tweak, c)
	}
	dst = append(e.scramble(dst, local, e.tweak, nil), '@')
	if e.unique {
		return append(e.scramble(dst, domain, []byte("domain"), nil), safeDomain...)
	}
	e.seed('d', e.tweak, nil, nil)
	size := max(1, utf8.RuneCount(domain)-len(safeDomain))
	for i := range size {
		if i%40 == 39 && i < size-1 {
			dst = append(dst, '.') // no label is longer than 63
			continue
		}
		dst = append(dst, byte('a'+e.below(26)))
	}
	return append(dst, safeDomain...)
}

// nextAddress finds local@domain from a place on; begin is len(value) for none.
func nextAddress(value []byte, from int) (begin, at, end int) {
	for search := from; ; {
		i := bytes.IndexByte(value[search:], '@')
		if i < 0 {
			return len(value), 0, 0
		}
		at = search + i
		for begin = at; begin > from && inLocal(value[begin-1]); {
			begin--
		}
		for end = at + 1; end < len(value) && inDomain(value[end]); {
			end++
		}
		for end > at+1 && (value[end-1] == '.' || value[end-1] == '-') {
			end--
		}
		if begin < at && end > at+1 {
			return begin, at, end
		}
		search = at + 1
	}
}

func inDomain(c byte) bool {
	return isDigit(c) || isLetter(c) || c == '.' || c == '-' || c >= utf8.RuneSelf
}

func inLocal(c byte) bool {
	return inDomain(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0
}
