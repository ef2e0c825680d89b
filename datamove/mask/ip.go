package mask

import (
	"bytes"
	"net/netip"
)

// maskIP masks every address of a list, each with what may follow it: a port, the size
// of a network, a zone.
func maskIP(e *engine, dst, value []byte) []byte {
	for from := 0; ; {
		end := from
		for end < len(value) && value[end] != ',' && value[end] != ' ' {
			end++
		}
		dst = e.ip(dst, value[from:end])
		if end == len(value) {
			return dst
		}
		dst = append(dst, value[end])
		from = end + 1
	}
}

func (e *engine) ip(dst, value []byte) []byte {
	begin, end, v4 := addressIn(value)
	switch {
	case end == 0:
		return e.scramble(dst, value, []byte("text"), looksLikeIP)
	case v4:
		dst = e.v4(dst, value[:end])
	default:
		dst = e.v6(append(dst, value[:begin]...), value[begin:end])
	}
	return append(dst, value[end:]...)
}

// looksLikeIP keeps the results of what is no address from being one.
func looksLikeIP(value []byte) bool {
	_, end, _ := addressIn(value)
	return end > 0
}

// addressIn is where the address stands in a value of it and what may be about it; end
// is 0 when it is no such value.
func addressIn(value []byte) (begin, end int, v4 bool) {
	if end := endOfV4(value); end > 0 {
		if end == len(value) || (value[end] == ':' || value[end] == '/') && allDigitsOrNone(value[end+1:]) {
			return 0, end, true
		}
		return 0, 0, false
	}
	if len(value) > 0 && value[0] == '[' {
		begin = 1
	}
	end = len(value)
	if i := bytes.IndexAny(value, "]/%"); i >= 0 {
		end = i
	}
	if begin < end && isV6(value[begin:end]) {
		return begin, end, false
	}
	return 0, 0, false
}

func isV6(value []byte) bool {
	if bytes.IndexByte(value, ':') < 0 || len(value) > 45 {
		return false
	}
	a, err := netip.ParseAddr(string(value))
	return err == nil && a.Is6()
}

func allDigitsOrNone(value []byte) bool { return len(value) == 0 || allDigits(value) }

// endOfV4 is where the dotted numbers end that the value begins with, 0 for none.
func endOfV4(value []byte) int {
	i := 0
	for octet := range 4 {
		begin, n := i, 0
		for i < len(value) && isDigit(value[i]) && i < begin+3 {
			n = n*10 + int(value[i]-'0')
			i++
		}
		if i == begin || n > 255 || value[begin] == '0' && i > begin+1 {
			return 0
		}
		if octet == 3 {
			break
		}
		if i == len(value) || value[i] != '.' {
			return 0
		}
		i++
	}
	if i < len(value) && isDigit(value[i]) {
		return 0
	}
	return i
}

// v4 keeps the width of every number and the network of addresses that mean something.
func (e *engine) v4(dst, value []byte) []byte {
	octets := octetsOf(value)
	kept := keptOctets(octets)
	e.vals, e.radix = e.vals[:0], e.radix[:0]
	for _, o := range octets[kept:] {
		low, radix := widthOf(o)
		e.vals, e.radix = append(e.vals, o-low), append(e.radix, radix)
	}
	tweak := [5]byte{'4', byte(octets[0]), byte(octets[1]), byte(octets[2]), byte(octets[3])}
	out := octets
	for {
		e.permute(tweak[:1+kept])
		for i := kept; i < 4; i++ {
			low, _ := widthOf(octets[i])
			out[i] = e.vals[i-kept] + low
		}
		if keptOctets(out) == kept {
			break
		}
	}
	for i, o := range out {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = appendNumber(dst, uint64(o))
	}
	return dst
}

func appendNumber(dst []byte, n uint64) []byte {
	if n >= 10 {
		dst = appendNumber(dst, n/10)
	}
	return append(dst, byte('0'+n%10))
}

func octetsOf(value []byte) (octets [4]uint32) {
	i := 0
	for _, c := range value {
		if c == '.' {
			i++
			continue
		}
		octets[i] = octets[i]*10 + uint32(c-'0')
	}
	return octets
}

// widthOf is the first number as wide as this one and how many there are.
func widthOf(octet uint32) (low, radix uint32) {
	switch {
	case octet < 10:
		return 0, 10
	case octet < 100:
		return 10, 90
	}
	return 100, 156
}

// keptOctets is how many numbers an address begins with that say what it is for.
func keptOctets(o [4]uint32) int {
	switch {
	case o[0] == 0, o[0] == 127, o == [4]uint32{255, 255, 255, 255}:
		return 4
	case isExample(o):
		return 3
	case o[0] == 10, o[0] >= 224:
		return 1
	case isNetworkOfTwo(o[0], o[1]):
		return 2
	}
	return 0
}

// isExample says whether an address is for documentation or protocols.
func isExample(o [4]uint32) bool {
	switch [3]uint32(o[:3]) {
	case [3]uint32{192, 0, 0}, [3]uint32{192, 0, 2}, [3]uint32{198, 51, 100}, [3]uint32{203, 0, 113}:
		return true
	}
	return false
}

// isNetworkOfTwo says whether it is private, of a link, of a carrier or for benchmarks.
func isNetworkOfTwo(a, b uint32) bool {
	switch a {
	case 192:
		return b == 168
	case 172:
		return b&^15 == 16
	case 169:
		return b == 254
	case 100:
		return b&^63 == 64
	case 198:
		return b&^1 == 18
	}
	return false
}

// v6 keeps the first group, which says what the address is for, and the width of
// every other. An IPv4 address at the end is masked as such.
func (e *engine) v6(dst, value []byte) []byte {
	base := len(dst)
	first := bytes.IndexByte(value, ':')
	if bytes.IndexByte(value, '.') >= 0 {
		tail := bytes.LastIndexByte(value, ':') + 1
		dst = append(dst, value[:tail]...)
		return e.v4(dst, value[tail:])
	}
	dst = append(dst, value...)
	out := dst[base:]
	if first == 0 && bytes.Count(value, []byte("0"))+bytes.Count(value, []byte(":"))+bytes.Count(value, []byte("1")) == len(value) {
		return dst // unspecified, loopback
	}
	e.loadGroups(out, first)
	e.aux = append(e.aux[:0], value[:first]...)
	e.permute(append(e.aux, '6'))
	e.storeHex(out, bytes.ContainsAny(value, "ABCDEF"))
	return dst
}

// loadGroups takes the digits after the first group apart; leading zeros stay.
func (e *engine) loadGroups(text []byte, first int) {
	e.places, e.vals, e.radix = e.places[:0], e.vals[:0], e.radix[:0]
	leading := true
	for i := first; i < len(text); i++ {
		v := hexValue(text[i])
		switch {
		case v < 0:
			leading = true
		case leading && v == 0:
		case leading:
			leading = false
			e.places = append(e.places, place{at: i, plus: 1})
			e.vals, e.radix = append(e.vals, uint32(v-1)), append(e.radix, 15)
		default:
			e.places = append(e.places, place{at: i})
			e.vals, e.radix = append(e.vals, uint32(v)), append(e.radix, 16)
		}
	}
}
