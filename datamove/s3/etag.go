package s3

import (
	"strconv"
	"strings"
)

// plainMD5 says whether an ETag looks like the MD5 of the content.
func plainMD5(etag string) bool {
	return len(etag) == 32 && strings.Trim(strings.ToLower(etag), "0123456789abcdef") == "" && strings.Trim(etag, "0") != ""
}

// telling says whether an ETag is made from the content, so that equal ones mean
// equal contents. Others may be the same for everything.
func telling(etag string) bool { return plainMD5(etag) || partsOf(etag) > 0 }

// partsOf is the number of parts that an ETag names, 0 for a single upload.
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
	// open cannot be decided by listings.
	open
)

// relate compares two objects by what listings have: size, then ETag. ETags that
// differ decide nothing: those of parts depend on the parts' sizes, and those of
// objects that are encrypted with a key of KMS look like an MD5 and are none.
func relate(src, dst *object) relation {
	switch {
	case src.size != dst.size:
		return other
	case src.etag == dst.etag && telling(src.etag):
		return same
	}
	return open
}
