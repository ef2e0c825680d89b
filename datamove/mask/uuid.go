package mask

import (
	"bytes"
	"unicode/utf8"
)

// maskUUID keeps version, variant and notation, also of 16 raw bytes.
func maskUUID(e *engine, dst, value []byte) []byte {
	base := len(dst)
	if isRawUUID(value) {
		dst = append(dst, value...)
		for {
			e.loadNibbles(dst[base:])
			e.permuteUUID()
			e.storeNibbles(dst[base:])
			if isRawUUID(dst[base:]) {
				return dst
			}
		}
	}
	if !isUUID(value) {
		return e.scramble(dst, value, []byte("text"), isUUID)
	}
	dst = append(dst, value...)
	e.loadHex(dst[base:])
	e.permuteUUID()
	e.storeHex(dst[base:], bytes.ContainsAny(value, "ABCDEF"))
	return dst
}

// isRawUUID says whether it is 16 bytes that are not text.
func isRawUUID(value []byte) bool {
	if len(value) != 16 {
		return false
	}
	return !utf8.Valid(value) || bytes.ContainsFunc(value, func(r rune) bool { return r < ' ' })
}

// isUUID says whether it is 32 hexadecimal digits, with hyphens where they belong or
// without, in braces or not.
func isUUID(value []byte) bool {
	if len(value) == 38 && value[0] == '{' && value[37] == '}' {
		value = value[1:37]
	}
	if len(value) != 36 && len(value) != 32 {
		return false
	}
	for i, c := range value {
		hyphen := len(value) == 36 && (i == 8 || i == 13 || i == 18 || i == 23)
		if hyphen != (c == '-') || !hyphen && hexValue(c) < 0 {
			return false
		}
	}
	return true
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// permuteUUID replaces all but the version and the upper bits of the variant. The nil
// UUID stays, and no other becomes nil.
func (e *engine) permuteUUID() {
	if len(e.vals) != 32 || isZero(e.vals) {
		return
	}
	version, variant := e.vals[12], e.vals[16]
	e.vals[16] &= 3
	e.radix[12], e.radix[16], e.vals[12] = 1, 4, 0
	for {
		e.permute([]byte{byte(version), byte(variant >> 2)})
		e.vals[12], e.vals[16] = version, e.vals[16]|variant&^3
		if !isZero(e.vals) {
			return
		}
		e.vals[12], e.vals[16] = 0, e.vals[16]&3
	}
}

func isZero(vals []uint32) bool {
	for _, v := range vals {
		if v != 0 {
			return false
		}
	}
	return true
}

func (e *engine) loadHex(text []byte) {
	e.places, e.vals, e.radix = e.places[:0], e.vals[:0], e.radix[:0]
	for i, c := range text {
		if v := hexValue(c); v >= 0 {
			e.places = append(e.places, place{at: i})
			e.vals, e.radix = append(e.vals, uint32(v)), append(e.radix, 16)
		}
	}
}

func (e *engine) storeHex(out []byte, upper bool) {
	alphabet := "0123456789abcdef"
	if upper {
		alphabet = "0123456789ABCDEF"
	}
	for i, p := range e.places {
		out[p.at] = alphabet[e.vals[i]+p.plus]
	}
}

func (e *engine) loadNibbles(raw []byte) {
	e.vals, e.radix = e.vals[:0], e.radix[:0]
	for _, c := range raw {
		e.vals = append(e.vals, uint32(c>>4), uint32(c&15))
		e.radix = append(e.radix, 16, 16)
	}
}

func (e *engine) storeNibbles(out []byte) {
	for i := range out {
		out[i] = byte(e.vals[2*i]<<4 | e.vals[2*i+1])
	}
}
