package mask

import (
	"bytes"
	"math/rand/v2"
	"time"
)

// maskDate moves a date within its year and keeps the notation.
func maskDate(e *engine, dst, value []byte) []byte {
	if isMarker(value) {
		return append(dst, value...)
	}
	m, ok := parseMoment(value)
	if !ok {
		return e.scramble(dst, value, []byte("text"), looksLikeDate)
	}
	base := len(dst)
	if dst = m.append(dst, value); !bytes.Equal(dst[base:], value) {
		return e.scramble(dst[:base], value, []byte("text"), looksLikeDate)
	}
	class := m.class()
	for {
		if m.hasDate {
			m.day = e.year(m.year)[m.day]
		}
		if m.hasTime && m.second != 0 {
			m.second = e.second(m.second)
		}
		dst = m.append(dst[:base], value)
		if m.class() == class && len(dst)-base == len(value) && sameForm(dst[base:], m) {
			return dst
		}
	}
}

func looksLikeDate(value []byte) bool {
	_, ok := parseMoment(value)
	return ok || isMarker(value)
}

// sameForm says whether the result reads as what it was made of, and is no marker.
func sameForm(out []byte, m moment) bool {
	again, ok := parseMoment(out)
	return ok && again == m && !isMarker(out)
}

// isMarker says whether it is a date that means that there is none, or a lone year.
func isMarker(value []byte) bool {
	if len(value) == 4 && allDigits(value) {
		return true
	}
	if len(value) < 10 || !isDigit(value[0]) {
		return false
	}
	switch string(value[:10]) {
	case "1970-01-01", "1970/01/01", "01.01.1970", "01/01/1970", "1900-01-01", "0001-01-01", "9999-12-31", "0000000000":
		return true
	}
	return allDigits(value[:4]) && value[4] == '-' && value[7] == '-' &&
		(string(value[:4]) == "0000" || string(value[5:7]) == "00" || string(value[8:10]) == "00")
}

// year is a permutation of the days of a year, days counting from 0.
func (e *engine) year(year int) []uint16 {
	if days, ok := e.years[year]; ok {
		return days
	}
	if len(e.years) > 300 {
		clear(e.years)
	}
	days := make([]uint16, daysIn(year))
	for i := range days {
		days[i] = uint16(i)
	}
	e.seed('y', []byte{byte(year >> 8), byte(year)}, nil, nil)
	rand.New(rand.NewChaCha8(e.sum)).Shuffle(len(days), func(i, j int) { days[i], days[j] = days[j], days[i] })
	e.years[year] = days
	return days
}

func daysIn(year int) int {
	return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
}

// second is a permutation of the seconds of a day but midnight.
func (e *engine) second(second uint32) uint32 {
	const side = 294 // 294 * 294 is a little more than a day
	e.vals, e.radix = append(e.vals[:0], second/side, second%side), append(e.radix[:0], side, side)
	for {
		e.permute([]byte("time"))
		if s := e.vals[0]*side + e.vals[1]; s > 0 && s < 86400 {
			return s
		}
	}
}
