package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// fingerprint names a bucket on its server. It asks no name server, so other names
// of one server are others here; sameHost does.
func fingerprint(e *end) string {
	host := "aws" // where names of buckets are unique
	if u, err := url.Parse(e.endpoint); err == nil && u.Host != "" && !strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		host = numericAddress(u)
	}
	digest := sha256.Sum256([]byte(host + "/" + e.bucket))
	return hex.EncodeToString(digest[:8])
}

// numericAddress is the address of a host in numbers, with its port.
func numericAddress(u *url.URL) string {
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

// refuseOverlap refuses a copy onto itself.
func refuseOverlap(ctx context.Context, from, to *end) error {
	if from.bucket == to.bucket && from.overlaps(to.location) && (fingerprint(from) == fingerprint(to) || sameHost(ctx, from.endpoint, to.endpoint)) {
		return &refusal{"same-place", events.Errorf(events.KindRefused, "choose a prefix that is not below the other",
			"source s3://%s/%s and target s3://%s/%s are the same place or one is in the other",
			from.bucket, from.prefix, to.bucket, to.prefix)}
	}
	return nil
}

// sameHost says whether two endpoints are one under different names, as the name
// server tells. One that cannot be found is no other's; the first request will fail.
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
