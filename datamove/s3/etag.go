package s3

import (
	"strconv"
	"strings"
)

// plainMD5 says whether an ETag looks like the MD5 of the content.
func plainMD5(etag string) bool {
	return len(etag) == 32 && strings.Trim(strings.ToLower(etag), "0123456789abcdef") == ""
}

// partsOf is the number of parts that an ETag tells of, 0 for a single upload.
func partsOf(etag string) int {
	digest, count, found := strings.Cut(etag, "-")
	n, err := strconv.Atoi(count)
	if !found || err != nil || n < 1 || !plainMD5(digest) {
		return 0
	}
	return n
}

// relation is what two listings say of one key.
type relation int

const (
	// same is the same content.
	same relation = iota
	// other is another content.
	other
	// open cannot be told from listings.
	open
)

// relate compares two objects by what listings tell: size, then ETag. ETags that
// differ decide only between two single uploads of servers that use MD5.
func relate(src, dst *object, opaque bool) relation {
	switch {
	case src.size != dst.size:
		return other
	case src.etag != "" && src.etag == dst.etag:
		return same
	case !opaque && plainMD5(src.etag) && plainMD5(dst.etag):
		return other
	}
	return open
}
