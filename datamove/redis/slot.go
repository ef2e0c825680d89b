package redis

import (
	"strconv"
	"strings"
)

// slots is how many slots a cluster has.
const slots = 16384

// slot is where a cluster keeps a key: CRC-16 of it, or of its hash tag.
func slot(key string) int {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if n := strings.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	var crc uint16
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % slots
}

// temporary is a name under which a key grows: of this run, and in the slot of the
// key, so that a cluster can rename it.
func temporary(job string, number int64, key string, cluster bool) string {
	name := temporaryPrefix + job + ":" + strconv.FormatInt(number, 10)
	if !cluster {
		return name
	}
	want := slot(key)
	for i := int64(0); ; i++ {
		if try := name + ":" + strconv.FormatInt(i, 36); slot(try) == want {
			return try
		}
	}
}
