package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed request.
const (
	TimestampHeader = "X-Shakedown-Timestamp"
	SignatureHeader = "X-Shakedown-Signature"
)

// Tolerance is how far the timestamp may be from the server's clock, in either
// direction.
const Tolerance = 5 * time.Minute

const signaturePrefix = "sha256="

// Sign makes the headers of a request with the body, which the server takes
// within Tolerance of now.
func Sign(secret string, now time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(now.Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(TimestampHeader, stamp)
	header.Set(SignatureHeader, signaturePrefix+hex.EncodeToString(sum(secret, stamp, body)))
	return header
}

func sum(secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}

// claim is what the headers say.
type claim struct {
	stamp     string
	at        time.Time
	signature []byte
}

// readClaim reads the headers; the text says what is wrong with them.
func readClaim(header http.Header) (claim, string) {
	stamp, signature := header.Get(TimestampHeader), header.Get(SignatureHeader)
	if stamp == "" || signature == "" {
		return claim{}, "the request is not signed: it needs the headers " + TimestampHeader + " and " + SignatureHeader
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return claim{}, TimestampHeader + " is not a count of seconds since 1970"
	}
	digits, ok := strings.CutPrefix(signature, signaturePrefix)
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != sha256.Size {
		return claim{}, SignatureHeader + " is not " + signaturePrefix + " and 64 hex digits"
	}
	return claim{stamp: stamp, at: time.Unix(seconds, 0), signature: raw}, ""
}

// signed says whether one of the secrets made the signature. All are tried, so
// that the time tells nothing.
func (c claim) signed(secrets []string, body []byte) bool {
	good := false
	for _, secret := range secrets {
		if hmac.Equal(c.signature, sum(secret, c.stamp, body)) {
			good = true
		}
	}
	return good
}

// fresh says whether the timestamp is within the tolerance. It compares seconds,
// which cannot overflow as a time.Duration does.
func (c claim) fresh(now time.Time) bool {
	low, high := now.Add(-Tolerance).Unix(), now.Add(Tolerance).Unix()
	return low <= c.at.Unix() && c.at.Unix() <= high
}
