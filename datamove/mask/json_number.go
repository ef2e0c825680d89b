package mask

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
