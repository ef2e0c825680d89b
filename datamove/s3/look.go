package s3

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/shakedown-dev/shakedown/events"
)

// fingerprint names a bucket on its server. It asks no name server, so other names
// of one server are others here; apart does.
func fingerprint(e *end) string {
	host := "aws" // where names of buckets are unique
	if u, err := url.Parse(e.endpoint); err == nil && u.Host != "" && !strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		host = numeric(u)
	}
	digest := sha256.Sum256([]byte(host + "/" + e.bucket))
	return hex.EncodeToString(digest[:8])
}

// numeric is the address of a host in numbers, with its port.
func numeric(u *url.URL) string {
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, portOf(u))
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// guards are the looks that cost little and come before everything that changes
// something: both buckets are there, in that region, and apart.
func (r *run) guards(ctx context.Context) error {
	if err := r.apart(ctx); err != nil {
		return err
	}
	for _, e := range []*end{r.from, r.to} {
		if err := r.bucket(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// apart refuses a copy onto itself.
func (r *run) apart(ctx context.Context) error {
	if r.from.bucket == r.to.bucket && r.from.overlaps(r.to.location) && (fingerprint(r.from) == fingerprint(r.to) || sameHost(ctx, r.from.endpoint, r.to.endpoint)) {
		return events.Errorf(events.KindRefused, "choose a prefix that is not below the other",
			"source s3://%s/%s and target s3://%s/%s are the same place or one is in the other",
			r.from.bucket, r.from.prefix, r.to.bucket, r.to.prefix)
	}
	return nil
}

// sameHost says whether two endpoints are one under different names, as the name
// server tells. One that cannot be found is no other's; the first request will tell.
func sameHost(ctx context.Context, a, b string) bool {
	here, hereErr := url.Parse(a)
	there, thereErr := url.Parse(b)
	if hereErr != nil || thereErr != nil || here.Host == "" || there.Host == "" || portOf(here) != portOf(there) {
		return false
	}
	others := addresses(ctx, there.Hostname())
	return slices.ContainsFunc(addresses(ctx, here.Hostname()), func(ip netip.Addr) bool { return slices.Contains(others, ip) })
}

// addresses are those of a host; all that lead back to this machine are one.
func addresses(ctx context.Context, host string) []netip.Addr {
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for i, ip := range found {
		if found[i] = ip.Unmap(); found[i].IsLoopback() || found[i].IsUnspecified() {
			found[i] = netip.IPv6Loopback()
		}
	}
	return found
}

// bucket looks at an end's bucket.
func (a *Adapter) bucket(ctx context.Context, e *end) error {
	err := a.try(ctx, fmt.Sprintf("looking at the bucket of the %s s3://%s", e.side, e.bucket), func(ctx context.Context) error {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		_, err := e.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &e.bucket})
		return err
	}, e)
	if err == nil {
		return nil
	}
	if _, told := errors.AsType[*events.Error](err); told {
		return err
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return events.Errorf(events.KindRefused, "name the file with the server's CA certificates in ca", "bucket of the %s s3://%s: %w", e.side, e.bucket, untrusted)
	}
	if region := regionOf(err); region != "" && region != e.region {
		return events.Errorf(events.KindRefused, "add region="+region+" to the URL of the "+e.side,
			"bucket of the %s s3://%s is in the region %s, and was asked for in %s", e.side, e.bucket, region, e.region)
	}
	switch judge(err) {
	case gone, missing:
		return events.Errorf(events.KindNotFound, "create it, or correct the URL", "bucket of the %s s3://%s does not exist", e.side, e.bucket)
	case denied:
		if off := e.skew(err); off != "" {
			return events.Errorf(events.KindRefused, "set the clock",
				"bucket of the %s s3://%s: the clock of this machine is %s the server's, which refuses that", e.side, e.bucket, off)
		}
		return events.Errorf(events.KindRefused, statement(e, "s3:ListBucket"), "bucket of the %s s3://%s: the key pair is wrong or may not s3:ListBucket", e.side, e.bucket)
	case elsewhere:
		return events.Errorf(events.KindRefused, "add region=... to the URL of the "+e.side,
			"bucket of the %s s3://%s is in another region than %s", e.side, e.bucket, e.region)
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

// decide finds out, before the first copy, whether the server copies: one key pair
// must reach both ends. Where the pairs differ that is proven by reading a source
// object with the target's.
func (c *copier) decide(ctx context.Context) error {
	c.decided.Do(func() { c.undecided = c.way(ctx) })
	return c.undecided
}

func (c *copier) way(ctx context.Context) error {
	if c.streamed || !c.from.sameServer(c.to.location) {
		return nil
	}
	first, _ := c.page(ctx, c.from, nil, sampled)
	if first.err != nil {
		return first.err
	}
	probe := &end{
		location: c.from.location, side: "source", access: c.to.access, client: c.to.client,
		limit: c.to.limit, now: c.to.now, timeout: c.to.timeout,
	}
	for _, o := range spread(first.objects) {
		_, t, err := c.head(ctx, probe, o.rel, o.etag, false)
		if judgeIs(err, denied) {
			c.inside.Store(false)
			return nil
		}
		if err != nil {
			continue // it went, or cannot be read: the copy will tell
		}
		c.inside.Store(true)
		if t.encryption != "" && t.encryption != types.ServerSideEncryptionAes256 {
			c.heads.Store(true)
		}
	}
	return nil
}

// sampled is how many objects are looked at to learn how a source is encrypted.
const sampled = 200

// spread are a few of many.
func spread(all []object) []object {
	const few = 3
	if len(all) <= few {
		return all
	}
	return []object{all[0], all[len(all)/2], all[len(all)-1]}
}
