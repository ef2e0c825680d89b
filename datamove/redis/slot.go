package redis

import (
	"strconv"
	"strings"
	"sync/atomic"
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

// temporaries are the names under which the keys of a run grow.
type temporaries struct {
	job  string
	last atomic.Int64
}

// next is one that is in the slot of the key, so that a cluster can rename it.
func (t *temporaries) next(key string, cluster bool) string {
	name := temporaryPrefix + t.job + ":" + strconv.FormatInt(t.last.Add(1), 10)
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
