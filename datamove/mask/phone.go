package mask

import (
	"unicode"
	"unicode/utf8"
)

// maskPhone keeps the country and the notation. Only digits count, so that a number has
// one result however it is written.
func maskPhone(e *engine, dst, value []byte) []byte {
	if !isPhone(value) {
		return e.scramble(dst, value, []byte("text"), nil)
	}
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	e.load(out, false)
	kept, country := international(out, e.vals)
	e.tweak = append(e.tweak[:0], "phone"...)
	for _, v := range country {
		e.tweak = append(e.tweak, byte('0'+v))
	}
	e.drop(kept)
	e.number()
	e.permute(e.tweak)
	e.store(out)
	return dst
}

// isPhone says whether there are digits and no letters.
func isPhone(value []byte) bool {
	digits := false
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRune(value[i:])
		if unicode.IsLetter(r) || r == utf8.RuneError {
			return false
		}
		digits = digits || unicode.Is(unicode.Nd, r)
		i += size
	}
	return digits
}

// international says how many digits stay, and which of them are the country's.
func international(value []byte, digits []uint32) (kept int, country []uint32) {
	zeros := 0
	for zeros < len(digits) && digits[zeros] == 0 {
		zeros++
	}
	plus := leadingPlus(value)
	switch {
	case plus && zeros == 0:
	case !plus && zeros == 2:
	default:
		return 0, nil
	}
	size := min(countryCode(digits[zeros:]), len(digits)-zeros)
	return zeros + size, digits[zeros : zeros+size]
}

func leadingPlus(value []byte) bool {
	for _, c := range value {
		if c == '+' || isDigit(c) || c >= utf8.RuneSelf {
			return c == '+'
		}
	}
	return false
}

// countryCode is how many digits the country code takes that a number begins with.
func countryCode(digits []uint32) int {
	if len(digits) < 2 {
		return 1
	}
	switch two := digits[0]*10 + digits[1]; {
	case digits[0] == 1, digits[0] == 7:
		return 1
	case two == 20, two == 27, two >= 30 && two <= 34, two == 36, two >= 39 && two <= 41, two >= 43 && two <= 49,
		two >= 51 && two <= 58, two >= 60 && two <= 66, two == 81, two == 82, two == 84, two == 86,
		two >= 90 && two <= 95, two == 98:
		return 2
	}
	return 3
}
