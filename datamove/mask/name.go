package mask

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed names.txt
var nameList string

// wordlist is the names by length.
type wordlist [][]string

func newWordlist() *wordlist {
	var l wordlist
	for word := range strings.FieldsSeq(nameList) {
		for len(l) <= len(word) {
			l = append(l, nil)
		}
		l[len(word)] = append(l[len(word)], word)
	}
	return &l
}

// maskName replaces every word by one of the list that is as long, in the same case;
// letters of other alphabets and digits are permuted word by word.
func maskName(e *engine, dst, value []byte) []byte {
	if e.unique || !utf8.Valid(value) {
		return e.scramble(dst, value, nil, nil)
	}
	for i := 0; i < len(value); {
		size, runes, latin := wordAt(value[i:])
		switch {
		case size == 0:
			_, width := utf8.DecodeRune(value[i:])
			dst = append(dst, value[i:i+width]...)
			size = width
		case latin:
			dst = e.newWord(dst, value[i:i+size], runes)
		default:
			dst = e.scramble(dst, value[i:i+size], []byte("word"), nil)
		}
		i += size
	}
	return dst
}

// wordAt is the word that a text begins with, in bytes and characters, and whether all
// of it is Latin letters.
func wordAt(text []byte) (size, runes int, latin bool) {
	latin = true
	for size < len(text) {
		r, width := utf8.DecodeRune(text[size:])
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Nd, r) && !unicode.Is(unicode.M, r) {
			break
		}
		latin = latin && (r < utf8.RuneSelf && !isDigit(byte(r)) || r < 0x250 && r >= utf8.RuneSelf)
		size += width
		runes++
	}
	return size, runes, latin
}

// newWord replaces one word; its case does not matter for what comes out.
func (e *engine) newWord(dst, word []byte, runes int) []byte {
	e.tweak = e.tweak[:0]
	for i := 0; i < len(word); {
		r, width := utf8.DecodeRune(word[i:])
		e.tweak = utf8.AppendRune(e.tweak, unicode.ToLower(r))
		i += width
	}
	e.seed('n', e.tweak, nil, nil)
	base := len(dst)
	for left := runes; left > 0; {
		n := min(left, len(*e.words)-1)
		if left-n == 1 {
			n-- // no word of one letter at the end
		}
		if n == 1 {
			dst = append(dst, byte('a'+e.below(26)))
		} else {
			list := (*e.words)[n]
			dst = append(dst, list[e.below(uint32(len(list)))]...)
		}
		left -= n
	}
	for i, at := 0, base; i < len(word); at++ {
		r, width := utf8.DecodeRune(word[i:])
		if unicode.IsUpper(r) {
			dst[at] &^= 0x20
		}
		i += width
	}
	return dst
}
