package mask

import "slices"

// maskCard keeps the brand and the notation, and has a right check digit.
func maskCard(e *engine, dst, value []byte) []byte {
	if !isCard(value) {
		return e.scramble(dst, value, []byte("text"), isCard)
	}
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	e.load(out, false)
	brand := 2
	if e.vals[0] == 4 {
		brand = 1
	}
	e.tweak = append(e.tweak[:0], byte(e.vals[0]), byte(e.vals[1]))[:brand]
	check := e.places[len(e.places)-1].at
	e.places, e.vals, e.radix = e.places[:len(e.places)-1], e.vals[:len(e.vals)-1], e.radix[:len(e.radix)-1]
	if e.unique {
		e.drop(brand)
		e.permute(e.tweak)
	} else {
		e.drawCard(brand)
	}
	e.store(out)
	out[check] = '0'
	out[check] = '0' + byte((10-luhn(out)%10)%10)
	return dst
}

// drawCard draws the account and leaves the bank zero.
func (e *engine) drawCard(brand int) {
	e.seed('c', nil, e.vals, e.radix)
	for i := range e.vals {
		switch {
		case i < brand:
		case i < 6:
			e.vals[i] = 0
		default:
			e.vals[i] = e.below(10)
		}
	}
}

// isCard says whether it is 13 to 19 digits with a right check digit; spaces and
// hyphens do not matter.
func isCard(value []byte) bool {
	digits := 0
	for _, c := range value {
		switch {
		case isDigit(c):
			digits++
		case c != ' ' && c != '-':
			return false
		}
	}
	return digits >= 13 && digits <= 19 && luhn(value)%10 == 0
}

// luhn is the sum of the digits, every second from the end doubled.
func luhn(value []byte) (sum int) {
	double := false
	for _, c := range slices.Backward(value) {
		if !isDigit(c) {
			continue
		}
		d := int(c - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum
}
