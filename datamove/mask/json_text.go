package mask

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

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
