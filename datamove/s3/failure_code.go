package s3

import "net/http"

// byCode is what those codes mean that decide by themselves.
func byCode(code string) (failure, bool) {
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

func byStatus(status int) failure {
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
