package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"syscall"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// ours are errors of the system that are about this machine.
func ours() []error {
	return []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.EAGAIN,
		syscall.EACCES, syscall.EPERM, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EAFNOSUPPORT, syscall.EINVAL, context.Canceled,
	}
}

// theirs are those about the service or the way to it.
func theirs() []error {
	return []error{
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.EHOSTDOWN,
		syscall.ETIMEDOUT, io.EOF, io.ErrUnexpectedEOF,
	}
}

// blame finds out whose an error is: the kind of the problem when it is ours, "" when it is
// the service's. What is not known is not held against the service, unless there was a
// connection to it.
func blame(err error, connected bool) record.ProblemKind {
	is := func(target error) bool { return errors.Is(err, target) }
	_, lookup := errors.AsType[*net.DNSError](err)
	switch {
	case is(errBarred):
		return record.ProblemNotAllowed
	case lookup || unknownAuthority(err) || slices.ContainsFunc(ours(), is):
		return record.ProblemOurSide
	case connected || slices.ContainsFunc(theirs(), is):
		return ""
	}
	return record.ProblemOurSide
}

// timedOut says whether we stopped waiting for the service. The resolver is not the service,
// and the system's own timeout is an answer.
func timedOut(err error) bool {
	if _, lookup := errors.AsType[*net.DNSError](err); lookup || errors.Is(err, syscall.ETIMEDOUT) {
		return false
	}
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// unknownAuthority says whether the certificate may be good and we cannot tell.
func unknownAuthority(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, none := errors.AsType[x509.SystemRootsError](err)
	return unknown || none
}

// reason is an error in words, without what the document says already.
func reason(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate is not good: " + wrong.Err.Error()
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.ECONNREFUSED, "the connection was refused"},
		{syscall.ECONNRESET, "the connection was reset"},
		{syscall.EHOSTUNREACH, "the host cannot be reached"},
		{io.ErrUnexpectedEOF, "the connection was closed within the answer"},
		{io.EOF, "the connection was closed without an answer"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	return err.Error()
}
