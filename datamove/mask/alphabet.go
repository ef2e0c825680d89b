package mask

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// alphabet is a set of letters that replace each other: as many bytes long, of one
// script, and such that old character sets which have one of them have all.
type alphabet struct {
	lower, upper []rune
}

// block is 64 characters whose UTF-8 differs in the last byte only, and of these the
// ones of a category.
type block struct {
	at       rune
	category *unicode.RangeTable
}

// slot is the place of a letter in an alphabet.
type slot struct {
	set   *alphabet
	value uint32
	upper bool
}

// letters are the alphabets with cases, by letter. They do not change once they are made.
type letters struct {
	latin, digits, noise *alphabet
	slots                map[rune]slot
}

func newLetters() *letters {
	l := &letters{
		latin:  &alphabet{[]rune("abcdefghijklmnopqrstuvwxyz"), []rune("ABCDEFGHIJKLMNOPQRSTUVWXYZ")},
		digits: &alphabet{lower: []rune("0123456789")},
		noise:  &alphabet{},
		slots:  map[rune]slot{},
	}
	for _, pair := range [][2]string{
		{"áâäçéëíîóôöúüý", "ÁÂÄÇÉËÍÎÓÔÖÚÜÝ"},                         // latin1 and latin2
		{"àãåæèêìïñòõøù", "ÀÃÅÆÈÊÌÏÑÒÕØÙ"},                           // latin1
		{"ąłľśšşťźžżŕăĺćčęěďđńňőřůűţ", "ĄŁĽŚŠŞŤŹŽŻŔĂĹĆČĘĚĎĐŃŇŐŘŮŰŢ"}, // latin2
		{"αβγδεζηθικλμνξοπρστυφχψω", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"},
		{"абвгдежзийклмнопрстуфхцчшщъыьэюя", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"},
	} {
		l.add(&alphabet{[]rune(pair[0]), []rune(pair[1])})
	}
	return l
}

func (l *letters) add(set *alphabet) {
	for i, r := range set.lower {
		l.slots[r] = slot{set, uint32(i), false}
		l.slots[set.upper[i]] = slot{set, uint32(i), true}
	}
}

// slotOf is the place of a character that is not ASCII, none when it stays.
func (e *engine) slotOf(r rune) (slot, bool) {
	if s, ok := e.letters.slots[r]; ok {
		return s, true
	}
	category := categoryOf(r)
	if category == nil {
		return slot{}, false
	}
	b := block{r &^ 63, category}
	set := e.blocks[b]
	if set == nil {
		set = e.letters.rest(b)
		e.blocks[b] = set
	}
	return slot{set, uint32(slices.Index(set.lower, r)), false}, true
}

// rest are the characters of a block that are in no alphabet with cases.
func (l *letters) rest(b block) *alphabet {
	set := &alphabet{}
	for r := b.at; r < b.at+64; r++ {
		if _, taken := l.slots[r]; !taken && categoryOf(r) == b.category {
			set.lower = append(set.lower, r)
		}
	}
	return set
}

func categoryOf(r rune) *unicode.RangeTable {
	for _, table := range []*unicode.RangeTable{unicode.Ll, unicode.Lu, unicode.Lo, unicode.Nd, unicode.Lm, unicode.Lt} {
		if unicode.Is(table, r) {
			return table
		}
	}
	return nil
}

// place is one character to be replaced: where it stands and what may stand there.
type place struct {
	at    int
	set   *alphabet
	upper bool
	// plus is added to the value to have the place in the alphabet.
	plus uint32
}

// load takes the digits of a value, and its letters when they are asked for, apart.
func (e *engine) load(value []byte, withLetters bool) {
	e.places, e.vals, e.radix = e.places[:0], e.vals[:0], e.radix[:0]
	for i := 0; i < len(value); {
		c := value[i]
		if c < utf8.RuneSelf {
			e.loadASCII(c, i, withLetters)
			i++
			continue
		}
		r, size := utf8.DecodeRune(value[i:])
		if r == utf8.RuneError && size == 1 {
			e.put(slot{e.letters.noise, uint32(c - utf8.RuneSelf), false}, i, 128)
		} else if withLetters || unicode.Is(unicode.Nd, r) {
			if s, ok := e.slotOf(r); ok {
				e.put(s, i, uint32(len(s.set.lower)))
			}
		}
		i += size
	}
}

func (e *engine) loadASCII(c byte, at int, withLetters bool) {
	switch {
	case c >= '0' && c <= '9':
		e.put(slot{e.letters.digits, uint32(c - '0'), false}, at, 10)
	case !withLetters:
	case c >= 'a' && c <= 'z':
		e.put(slot{e.letters.latin, uint32(c - 'a'), false}, at, 26)
	case c >= 'A' && c <= 'Z':
		e.put(slot{e.letters.latin, uint32(c - 'A'), true}, at, 26)
	}
}

func (e *engine) put(s slot, at int, radix uint32) {
	e.places = append(e.places, place{at: at, set: s.set, upper: s.upper})
	e.vals = append(e.vals, s.value)
	e.radix = append(e.radix, radix)
}

// store writes what has become of the characters to where they came from.
func (e *engine) store(out []byte) {
	for i, p := range e.places {
		v := e.vals[i] + p.plus
		switch {
		case p.set == e.letters.noise:
			out[p.at] = byte(v) + utf8.RuneSelf
		case p.upper:
			utf8.EncodeRune(out[p.at:], p.set.upper[v])
		default:
			utf8.EncodeRune(out[p.at:], p.set.lower[v])
		}
	}
}

// drop keeps the first n characters as they are.
func (e *engine) drop(n int) {
	e.places = append(e.places[:0], e.places[n:]...)
	e.vals = append(e.vals[:0], e.vals[n:]...)
	e.radix = append(e.radix[:0], e.radix[n:]...)
}

// number keeps leading zeros, and the first digit after them from becoming one.
func (e *engine) number() {
	zeros := 0
	for zeros < len(e.vals) && e.vals[zeros] == 0 {
		zeros++
	}
	e.drop(zeros)
	if len(e.vals) > 0 {
		e.vals[0]--
		e.radix[0]--
		e.places[0].plus = 1
	}
}
