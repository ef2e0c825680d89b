package mask

import "time"

// form is a notation of dates.
type form byte

const (
	formYMD    form = iota + 1 // 2006-01-02 with any of - / . or nothing between
	formDMY                    // 02.01.2006
	formMDY                    // 01/02/2006
	formEither                 // both are possible
	formUnix                   // seconds or milliseconds
	formTime                   // 15:04:05 alone
)

// moment is a date, a time of day or both, with where they stand in their text.
type moment struct {
	form             form
	year             int
	day              uint16 // of the year, from 0
	second           uint32 // of the day
	hasDate, hasTime bool
	// width is how wide month and day are, in their order.
	width [2]int
	// clock is where the time of day begins.
	clock int
}

// class is what has to stay besides the form: whether TIMESTAMP still holds it.
func (m moment) class() bool {
	return m.year == 2038 && (m.day < 18 || m.day == 18 && m.second <= 11647)
}

func parseMoment(v []byte) (moment, bool) {
	if m, ok := parseUnix(v); ok {
		return m, true
	}
	if m := (moment{form: formTime, hasTime: true}); m.parseClock(v, 0) {
		return m, true
	}
	m, end, ok := parseDay(v)
	if !ok {
		return m, false
	}
	if end == len(v) {
		return m, true
	}
	if (v[end] == ' ' || v[end] == 'T' || v[end] == 't') && m.parseClock(v, end+1) {
		m.hasTime = true
		return m, true
	}
	return m, false
}

// parseUnix reads seconds (10 digits) or milliseconds (13).
func parseUnix(v []byte) (moment, bool) {
	if len(v) != 10 && len(v) != 13 || !allDigits(v) || v[0] == '0' {
		return moment{}, false
	}
	n, _ := number(v[:10])
	t := time.Unix(int64(n), 0).UTC()
	return moment{
		form: formUnix, hasDate: true, hasTime: true, year: t.Year(), day: uint16(t.YearDay() - 1),
		second: uint32(t.Hour()*3600 + t.Minute()*60 + t.Second()),
	}, true
}

func number(v []byte) (n int, ok bool) {
	for _, c := range v {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(v) > 0
}

// parseClock reads 15:04 or 15:04:05 and lets a fraction and a zone follow.
func (m *moment) parseClock(v []byte, at int) bool {
	rest := v[at:]
	if len(rest) < 5 || rest[2] != ':' {
		return false
	}
	h, okH := number(rest[:2])
	minute, okM := number(rest[3:5])
	second, okS := 0, true
	end := 5
	if len(rest) >= 8 && rest[5] == ':' {
		second, okS = number(rest[6:8])
		end = 8
	}
	if !okH || !okM || !okS || h > 23 || minute > 59 || second > 59 || !isFraction(rest[end:]) {
		return false
	}
	m.second, m.clock = uint32(h*3600+minute*60+second), at
	return true
}

// isFraction says whether it is what may follow seconds: .123, Z, +01:00, UTC.
func isFraction(v []byte) bool {
	for _, c := range v {
		if !isDigit(c) && c != '.' && c != ':' && c != '+' && c != '-' && c != ' ' && c != 'Z' && c != 'z' && c != 'U' && c != 'T' && c != 'C' {
			return false
		}
	}
	return len(v) == 0 || !isDigit(v[0])
}

// parseDay reads the date that the value begins with.
func parseDay(v []byte) (m moment, end int, ok bool) {
	if len(v) == 8 && allDigits(v) {
		return m.fill(v[:4], v[4:6], v[6:8], formYMD, 8)
	}
	var parts [3][]byte
	var separators [2]byte
	i := 0
	for p := range parts {
		begin := i
		for i < len(v) && isDigit(v[i]) {
			i++
		}
		parts[p] = v[begin:i]
		if p == 2 {
			break
		}
		if i == len(v) {
			return m, 0, false
		}
		separators[p] = v[i]
		i++
	}
	if s := separators[0]; s != separators[1] || s != '-' && s != '/' && s != '.' {
		return m, 0, false
	}
	switch {
	case len(parts[0]) == 4:
		return m.fill(parts[0], parts[1], parts[2], formYMD, i)
	case len(parts[2]) == 4:
		return m.fillEither(parts, separators[0], i)
	}
	return m, 0, false
}

// fillEither decides which of two numbers is the month.
func (m moment) fillEither(parts [3][]byte, separator byte, end int) (moment, int, bool) {
	a, _ := number(parts[0])
	b, _ := number(parts[1])
	switch {
	case separator == '.' || a > 12:
		return m.fill(parts[2], parts[1], parts[0], formDMY, end)
	case b > 12:
		return m.fill(parts[2], parts[0], parts[1], formMDY, end)
	}
	return m.fill(parts[2], parts[1], parts[0], formEither, end)
}

func (m moment) fill(y, mo, d []byte, f form, end int) (moment, int, bool) {
	year, okY := number(y)
	month, okM := number(mo)
	day, okD := number(d)
	if !okY || !okM || !okD || year == 0 || month < 1 || month > 12 || day < 1 || len(mo) > 2 || len(d) > 2 {
		return m, 0, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return m, 0, false
	}
	m.form, m.year, m.day, m.hasDate, m.width = f, year, uint16(t.YearDay()-1), true, [2]int{len(mo), len(d)}
	return m, end, true
}

// append writes the moment in the notation of the value that it was read from.
func (m moment) append(dst, value []byte) []byte {
	base := len(dst)
	dst = append(dst, value...)
	out := dst[base:]
	t := time.Date(m.year, time.January, 1+int(m.day), 0, 0, int(m.second), 0, time.UTC)
	if m.form == formUnix {
		return append(appendNumber(dst[:base], uint64(t.Unix())), value[10:]...)
	}
	if m.hasTime {
		put(out[m.clock:m.clock+2], t.Hour())
		put(out[m.clock+3:m.clock+5], t.Minute())
		if len(out) >= m.clock+8 && out[m.clock+5] == ':' {
			put(out[m.clock+6:m.clock+8], t.Second())
		}
	}
	if !m.hasDate {
		return dst
	}
	var month, day []byte
	switch a, b := m.width[0], m.width[1]; {
	case m.form == formYMD && len(value) == 8:
		month, day = out[4:6], out[6:8]
	case m.form == formYMD:
		month, day = out[5:5+a], out[6+a:6+a+b]
	case m.form == formMDY:
		month, day = out[:a], out[a+1:a+1+b]
	default:
		day, month = out[:b], out[b+1:b+1+a]
	}
	put(month, int(t.Month()))
	put(day, t.Day())
	return dst
}

// put writes a number over all of the digits; where it does not fit the digits say
// something else, which is not taken.
func put(out []byte, n int) {
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
}
