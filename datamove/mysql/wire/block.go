package wire

import "encoding/binary"

// A block of rows for Bulk is built by these: AppendHead, then for each row its values.

// AppendHead begins a block of rows whose values have these types.
func AppendHead(dst []byte, types []Type) []byte {
	begin := len(dst)
	dst = append(dst, make([]byte, bulkHead)...) // Bulk completes it
	dst[begin+packetHead] = comBulk
	dst[begin+bulkHead-2] = flagTypes
	for _, t := range types {
		dst = append(dst, t[:]...)
	}
	return dst
}

// AppendNull appends NULL.
func AppendNull(dst []byte) []byte { return append(dst, markNoValue) }

// AppendNumber appends a whole number of 64 bits.
func AppendNumber(dst []byte, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, markValue), n)
}

// AppendValue appends bytes or characters.
func AppendValue(dst, value []byte) []byte {
	return append(appendLength(append(dst, markValue), len(value)), value...)
}

// appendLength appends a length-encoded integer.
func appendLength(dst []byte, n int) []byte {
	switch {
	case n < cellNull:
		return append(dst, byte(n))
	case n < 1<<16:
		return append(dst, 0xfc, byte(n), byte(n>>8))
	case n < 1<<24:
		return append(dst, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xfe), uint64(n))
}
