package mask

// maskIBAN keeps the country and the notation, and has right check digits.
func maskIBAN(e *engine, dst, value []byte) []byte {
	if !isIBAN(value) {
		return e.scramble(dst, value, []byte("text"), isIBAN)
	}
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	e.tweak = append(e.tweak[:0], value[0]&^0x20, value[1]&^0x20)
	e.load(out, true)
	check := [2]int{e.places[2].at, e.places[3].at}
	e.drop(4)
	e.permute(e.tweak)
	e.store(out)
	out[check[0]], out[check[1]] = '0', '0'
	digits := byte(98 - mod97(out))
	out[check[0]], out[check[1]] = '0'+digits/10, '0'+digits%10
	return dst
}

// isIBAN says whether it is an IBAN with right check digits; spaces do not matter.
func isIBAN(value []byte) bool {
	if len(value) < 15 || !isLetter(value[0]) || !isLetter(value[1]) {
		return false
	}
	size := 0
	for _, c := range value {
		switch {
		case c == ' ':
			continue
		case !isLetter(c) && !isDigit(c):
			return false
		case (size == 2 || size == 3) && !isDigit(c):
			return false
		}
		size++
	}
	return size >= 15 && size <= 34 && canonicalCheck(value) && mod97(value) == 1
}

// canonicalCheck leaves out the check digits 00, 01 and 99, which mean the same as
// 97, 98 and 02 and are never given out.
func canonicalCheck(value []byte) bool {
	check, seen := 0, 0
	for _, c := range value {
		if isDigit(c) {
			check = check*10 + int(c-'0')
			if seen++; seen == 2 {
				break
			}
		}
	}
	return check >= 2 && check <= 98
}

// mod97 is the remainder of the number that the IBAN stands for.
func mod97(value []byte) int {
	rest, seen := 0, 0
	var head [4]byte
	for _, c := range value {
		if c == ' ' {
			continue
		}
		if seen < len(head) {
			head[seen] = c
			seen++
			continue
		}
		rest = mod97Add(rest, c)
	}
	for _, c := range head {
		rest = mod97Add(rest, c)
	}
	return rest
}

func mod97Add(rest int, c byte) int {
	if isDigit(c) {
		return (rest*10 + int(c-'0')) % 97
	}
	return (rest*100 + int(c|0x20) - 'a' + 10) % 97
}
