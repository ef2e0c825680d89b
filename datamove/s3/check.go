package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/shakedown-dev/shakedown/events"
)

// preflight are the checks that cost little and come before everything that changes
// something: both buckets are there, in that region, and do not overlap.
func preflight(ctx context.Context, from, to *end) error {
	if err := refuseOverlap(ctx, from, to); err != nil {
		return err
	}
	for _, e := range []*end{from, to} {
		if err := e.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// check asks for the bucket.
func (e *end) check(ctx context.Context) error {
	err := e.try(ctx, fmt.Sprintf("asking for the bucket of the %s s3://%s", e.side, e.bucket), func(ctx context.Context) error {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		_, err := e.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &e.bucket})
		return err
	})
	if _, known := errors.AsType[*events.Error](err); known || err == nil {
		return err
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.refuse("certificate", "name the file with the server's CA certificates in ca", "%w", untrusted)
	}
	if region := regionOf(err); region != "" && region != e.region {
		return e.refuse("region", "add region="+region+" to the URL of the "+e.side, "it is in the region %s, and was asked for in %s", region, e.region)
	}
	switch classify(err) {
	case gone, missing:
		return &refusal{"bucket", events.Errorf(events.KindNotFound, "create it, or correct the URL", "bucket of the %s s3://%s does not exist", e.side, e.bucket)}
	case denied:
		if off := e.skew(err); off != "" {
			return e.refuse("clock", "set the clock", "the clock of this machine is %s the server's, which refuses that", off)
		}
		return e.refuse("rights", statement(e, "s3:ListBucket"), "the key pair is wrong or may not s3:ListBucket")
	case elsewhere:
		return e.refuse("region", "add region=... to the URL of the "+e.side, "it is in another region than %s", e.region)
	default:
		return err
	}
}

// skew says how far this machine's clock is from that of the server that gave an
// answer, in words; nothing where it is near.
func (e *end) skew(err error) string {
	const near = 10 * time.Minute
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.Response == nil {
		return ""
	}
	there, bad := http.ParseTime(answer.Response.Header.Get("Date"))
	off := there.Sub(e.now()).Round(time.Minute)
	switch {
	case bad != nil || off.Abs() < near:
		return ""
	case off > 0:
		return off.String() + " behind"
	}
	return (-off).String() + " ahead of"
}

// regionOf is the region that an answer names.
func regionOf(err error) string {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.Response != nil {
		return answer.Response.Header.Get("x-amz-bucket-region")
	}
	return ""
}
