package redis

import "encoding/binary"

// footer is what ends a payload: two bytes of version, eight of CRC-64.
const footer = 10

// body is a payload without its footer, which differs between versions of the
// same content. It is false for what cannot be a payload.
func body(payload string) (string, bool) {
	if len(payload) <= footer {
		return "", false
	}
	return payload[:len(payload)-footer], true
}

// format is the version of the format of a payload, 0 when it has none.
func format(payload string) int {
	if len(payload) <= footer {
		return 0
	}
	return int(binary.LittleEndian.Uint16([]byte(payload[len(payload)-footer:])))
}

// The types of keys.
const (
	kindString = "string"
	kindList   = "list"
	kindSet    = "set"
	kindZset   = "zset"
	kindHash   = "hash"
	kindStream = "stream"
	kindModule = "module"
	kindOther  = "other"
)

// kindOf is the type of a key by the first byte of its payload, the type of value
// in an RDB file.
func kindOf(payload string) string {
	if payload == "" {
		return kindOther
	}
	switch payload[0] {
	case 0:
		return kindString
	case 1, 10, 14, 18:
		return kindList
	case 2, 11, 20:
		return kindSet
	case 3, 5, 12, 17:
		return kindZset
	case 4, 9, 13, 16, 22, 23, 24, 25:
		return kindHash
	case 15, 19, 21:
		return kindStream
	case 6, 7:
		return kindModule
	}
	return kindOther
}
