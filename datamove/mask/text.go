package mask

import "unicode/utf8"

// maskText replaces letters by letters and digits by digits, all of the value at once.
func maskText(e *engine, dst, value []byte) []byte {
	return e.scramble(dst, value, nil, nil)
}

// scramble does so under a tweak, which must be the same for the result as for the
// value. Results for which again says yes are permuted once more: with a property that
// the value does not have this keeps it away from the results too.
func (e *engine) scramble(dst, value, tweak []byte, again func([]byte) bool) []byte {
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	e.load(out, true)
	valid := utf8.Valid(value)
	if again != nil && again(value) {
		again = nil // all would be permuted for ever
	}
	for {
		e.permute(tweak)
		e.store(out)
		if (valid || !utf8.Valid(out)) && (again == nil || !again(out)) {
			return dst
		}
	}
}

// maskDigits replaces digits only.
func maskDigits(e *engine, dst, value []byte) []byte {
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	end := len(out)
	if exp := exponent(out); exp > 0 {
		end = exp
	}
	e.load(out[:end], false)
	e.number()
	class, valid := integerClass(value), utf8.Valid(value)
	e.narrow(value, class)
	for {
		e.permute(nil)
		e.store(out)
		if integerClass(out) == class && (valid || !utf8.Valid(out)) {
			return dst
		}
	}
}

// narrow bounds the first digit of an integer to those of its class, so that the
// search for another of the class is short.
func (e *engine) narrow(value []byte, class int) {
	negative := len(value) > 0 && value[0] == '-'
	if negative {
		value = value[1:]
	}
	limits, n := integerLimits(len(value), negative)
	if n == 0 || !allDigits(value) || value[0] == '0' {
		return
	}
	low, high := uint32(1), uint32(9)
	if class > 0 {
		low = uint32(limits[class-1][0] - '0')
	}
	if class < n {
		high = uint32(limits[class][0] - '0')
	}
	e.vals[0] = uint32(value[0]-'0') - low
	e.radix[0], e.places[0].plus = high-low+1, low
}

// exponent is where the exponent of a floating-point number begins, 0 for none.
func exponent(value []byte) int {
	i := len(value)
	for i > 0 && isDigit(value[i-1]) {
		i--
	}
	if i == len(value) {
		return 0
	}
	if i > 0 && (value[i-1] == '+' || value[i-1] == '-') {
		i--
	}
	if i < 2 || value[i-1]|0x20 != 'e' || !isNumber(value[:i-1]) {
		return 0
	}
	return i - 1
}

// isNumber says whether it is digits with a sign and one point at most.
func isNumber(value []byte) bool {
	digits, points := 0, 0
	for i, c := range value {
		switch {
		case isDigit(c):
			digits++
		case c == '.':
			points++
		case i == 0 && (c == '-' || c == '+'):
		default:
			return false
		}
	}
	return digits > 0 && points < 2
}

// integerClass says which integer types of its width a number fits, so that it still
// fits them afterwards: how many of their limits with as many digits it exceeds.
func integerClass(value []byte) (class int) {
	negative := len(value) > 0 && value[0] == '-'
	if negative {
		value = value[1:]
	}
	if !allDigits(value) {
		return 0
	}
	limits, n := integerLimits(len(value), negative)
	for _, limit := range limits[:n] {
		if string(value) > limit {
			class++
		}
	}
	return class
}

// integerLimits are the limits of the integer types that have so many digits.
func integerLimits(digits int, negative bool) (limits [2]string, n int) {
	if negative {
		return negativeLimit(digits)
	}
	switch digits {
	case 3:
		return [2]string{"127", "255"}, 2
	case 5:
		return [2]string{"32767", "65535"}, 2
	case 7:
		return [2]string{"8388607"}, 1
	case 8:
		return [2]string{"16777215"}, 1
	case 10:
		return [2]string{"2147483647", "4294967295"}, 2
	case 19:
		return [2]string{"9223372036854775807"}, 1
	case 20:
		return [2]string{"18446744073709551615"}, 1
	}
	return limits, 0
}

func negativeLimit(digits int) (limits [2]string, n int) {
	switch digits {
	case 3:
		return [2]string{"128"}, 1
	case 5:
		return [2]string{"32768"}, 1
	case 7:
		return [2]string{"8388608"}, 1
	case 10:
		return [2]string{"2147483648"}, 1
	case 19:
		return [2]string{"9223372036854775808"}, 1
	}
	return limits, 0
}

func allDigits(value []byte) bool {
	for _, c := range value {
		if !isDigit(c) {
			return false
		}
	}
	return len(value) > 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
