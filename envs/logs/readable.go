package logs

import (
	"strings"
	"unicode/utf16"
)

// Readable is a text as people read it: UTF-16 is decoded, and the colours that a program
// has given it are gone. It may still have other control characters.
func Readable(text string) string {
	if strings.Contains(text, "\x00") {
		text = fromUTF16(text)
	}
	if strings.Contains(text, csi) {
		text = withoutColours(text)
	}
	return text
}

// csi begins a sequence that commands a terminal; an "m" ends one that sets colours.
const csi = "\x1b["

func withoutColours(text string) string {
	var bare strings.Builder
	for {
		before, after, found := strings.Cut(text, csi)
		bare.WriteString(before)
		if !found {
			return bare.String()
		}
		end := strings.IndexFunc(after, func(c rune) bool { return !strings.ContainsRune("0123456789;:", c) })
		if end < 0 || after[end] != 'm' {
			bare.WriteString(csi)
			text = after
			continue
		}
		text = after[end+1:]
	}
}

// fromUTF16 decodes a line of UTF-16 that was cut at the byte of its line feed. A text of
// which less than a third are zero bytes is none, but for its byte order mark.
func fromUTF16(text string) string {
	little, marked := strings.CutPrefix(text, "\xff\xfe")
	if marked {
		return decode(little, 0, 1)
	}
	if big, ok := strings.CutPrefix(text, "\xfe\xff"); ok {
		return decode(big, 1, 0)
	}
	var zeros [2]int
	for i := range len(text) {
		if text[i] == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case 3*(zeros[0]+zeros[1]) < len(text) || len(text) < 2:
		return text
	case zeros[0] > zeros[1]:
		return decode(text, 1, 0)
	}
	return decode(text, 0, 1)
}

// decode reads units of two bytes, of which low and high are the places. A byte that is
// left over belongs to the line feed.
func decode(text string, low, high int) string {
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, uint16(text[i+high])<<8|uint16(text[i+low]))
	}
	return string(utf16.Decode(units))
}
