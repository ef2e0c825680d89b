package mysql

import (
	"encoding/binary"
	"encoding/hex"
)

// appendField appends a value as LOAD DATA reads it: backslash, tab, newline and
// NUL are escaped.
func appendField(dst, value []byte) []byte {
	start := 0
	for i := 0; i < len(value); {
		if i+8 <= len(value) && !special8(binary.LittleEndian.Uint64(value[i:])) {
			i += 8
			continue
		}
		// Somewhere in these eight, or at the end.
		for stop := min(i+8, len(value)); i < stop; i++ {
			escape := escapeOf(value[i])
			if escape == 0 {
				continue
			}
			dst = append(append(dst, value[start:i]...), '\\', escape)
			start = i + 1
		}
	}
	return append(dst, value[start:]...)
}

func escapeOf(b byte) byte {
	switch b {
	case '\\':
		return '\\'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case 0:
		return '0'
	}
	return 0
}

// special8 says whether one of eight bytes may need an escape; it may say so of
// bytes that need none.
func special8(w uint64) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	back, tab, line := w^(low*'\\'), w^(low*'\t'), w^(low*'\n')
	return ((w-low)&^w|(back-low)&^back|(tab-low)&^tab|(line-low)&^line)&high != 0
}

// appendQuoted appends a value as a literal of an INSERT.
func appendQuoted(dst, value []byte, bytes bool) []byte {
	if bytes {
		if len(value) == 0 {
			return append(dst, "''"...)
		}
		return append(hex.AppendEncode(append(dst, "X'"...), value), '\'')
	}
	dst = append(dst, '\'')
	start := 0
	for i, b := range value {
		switch b {
		case '\\', '\'':
			dst = append(append(dst, value[start:i]...), '\\', b)
		case 0:
			dst = append(append(dst, value[start:i]...), '\\', '0')
		default:
			continue
		}
		start = i + 1
	}
	return append(append(dst, value[start:]...), '\'')
}
