package cli

import (
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
)

// hostedZones gives a script a Route 53 with the zone shop.example, in which another team
// has a record. The suite of dns/route53 uses moto.
func hostedZones(e *testscript.Env) {
	zones := httptest.NewServer(dnstest.Handler(dnstest.NewFake(dns.Contents{
		Zone: dns.Zone{ID: "Z1", Name: "shop.example"},
		Records: []dns.Record{
			{Name: "foreign.shop.example", Type: dns.A, TTL: 60, Values: []string{"192.0.2.99"}},
			{Name: "a-foreign.shop.example", Type: dns.TXT, TTL: 300, Values: []string{`"heritage=external-dns,external-dns/owner=team,external-dns/resource=ingress/a/b"`}},
		},
	})))
	e.Defer(zones.Close)
	e.Setenv("AWS_ENDPOINT_URL_ROUTE_53", zones.URL)
	e.Setenv("AWS_ACCESS_KEY_ID", "CANARYACCESSKEY00001")
	e.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}
