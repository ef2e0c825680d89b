package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aws/smithy-go"
)

// failure is what an error means for the request that had it.
type failure int

const (
	// none is that of no error.
	none failure = iota
	// permanent errors come again however often one tries.
	permanent
	// throttled requests come too fast.
	throttled
	// passing errors may be gone soon: 5xx, no connection or a lost one, timeouts.
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
	// unknown requests are those that the server does not know.
	unknown
)

var (
	// errStalled says that nothing moved for as long as a request may stand still.
	errStalled = errors.New("nothing moved for too long")
	// errNoAnswer says that an answer had nothing of what it must have: the connection
	// ended before it began, or it is not the server's.
	errNoAnswer = errors.New("the answer is empty")
	// errShort says that an object ended before its size.
	errShort = errors.New("ended before its size")
)

// errChanged is the answer of a server that keeps to the ETag that it was asked for.
func errChanged() error {
	return &smithy.GenericAPIError{Code: "PreconditionFailed", Message: "the object is not the one that was listed"}
}

// is says whether an error means that.
func is(err error, f failure) bool { return classify(err) == f }

// codeIs says whether a server answered with one of the codes.
func codeIs(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

// classify says what an error means.
func classify(err error) failure {
	if err == nil {
		return none
	}
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
	if disconnected(err) {
		return passing
	}
	return permanent
}

// disconnected says whether the connection or what came over it was broken.
func disconnected(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, broken := errors.AsType[*smithy.DeserializationError](err)
	return network || broken || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "connection reset") ||
		strings.Contains(err.Error(), "broken pipe") || strings.Contains(err.Error(), "server closed idle connection") ||
		strings.Contains(err.Error(), "http: ContentLength=")
}

// loadOf is what the end of a request says of the server's load.
func loadOf(err error) load {
	switch {
	case err == nil:
		return served
	case is(err, throttled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStalled):
		return overloaded
	}
	return inconclusive
}
