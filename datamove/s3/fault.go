package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aws/smithy-go"
)

// fault is what an error means for the request that had it.
type fault int

const (
	// permanent errors come again however often one tries.
	permanent fault = iota
	// throttled requests come too fast.
	throttled
	// passing errors may be gone soon: 5xx, no connection, cut off, timeouts.
	passing
	// changed objects are no longer what was listed.
	changed
	// gone objects are no longer there.
	gone
	// denied requests need a right.
	denied
	// expired sessions of a key pair have ended.
	expired
	// archived objects must be restored before they are read.
	archived
	// missing buckets do not exist.
	missing
	// elsewhere buckets are in another region.
	elsewhere
	// unknown requests are not implemented by the server.
	unknown
)

// codes are those that decide by themselves.
func byCode(code string) (fault, bool) {
	switch code {
	case "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded",
		"TooManyRequestsException", "ReduceYourRequestRate", "BandwidthLimitExceeded":
		return throttled, true
	case "InternalError", "RequestTimeout", "OperationAborted", "RequestTimeTooSkewed", "BadGateway", "GatewayTimeout",
		"IncompleteBody", "BadDigest":
		return passing, true
	case "PreconditionFailed":
		return changed, true
	case "NoSuchKey", "NoSuchVersion":
		return gone, true
	case "NoSuchBucket":
		return missing, true
	case "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled", "InvalidToken":
		return denied, true
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return expired, true
	case "InvalidObjectState":
		return archived, true
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "TemporaryRedirect", "BucketRegionError":
		return elsewhere, true
	case "NotImplemented", "MethodNotAllowed":
		return unknown, true
	}
	return permanent, false
}

func byStatus(status int) fault {
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return throttled
	case status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed:
		return unknown
	case status >= 500 || status == http.StatusRequestTimeout:
		return passing
	case status == http.StatusPreconditionFailed:
		return changed
	case status == http.StatusNotFound:
		return gone
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return denied
	case status >= 300 && status < 400:
		return elsewhere
	}
	return permanent
}

// judge says what an error means.
func judge(err error) fault {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if f, known := byCode(api.ErrorCode()); known {
			return f
		}
	}
	if errors.Is(err, errStalled) || errors.Is(err, errShort) || errors.Is(err, errNoAnswer) {
		return passing
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted || errors.Is(err, context.Canceled) {
		return permanent
	}
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.HTTPStatusCode() >= 300 {
		return byStatus(answer.HTTPStatusCode())
	}
	if onTheWay(err) {
		return passing
	}
	return permanent
}

// onTheWay says whether the connection or what came over it was broken.
func onTheWay(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, broken := errors.AsType[*smithy.DeserializationError](err)
	return network || broken || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "connection reset") ||
		strings.Contains(err.Error(), "broken pipe") || strings.Contains(err.Error(), "server closed idle connection") ||
		strings.Contains(err.Error(), "http: ContentLength=")
}

// outcomeOf is what an error tells the limiter.
func outcomeOf(err error) outcome {
	if err == nil {
		return wentWell
	}
	if judge(err) == throttled || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errStalled) {
		return overload
	}
	return nothingSaid
}
