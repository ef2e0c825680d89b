package route53

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
)

// read is a record as Route 53 lists it.
func read(set types.ResourceRecordSet) (dns.Record, error) {
	n, err := name.Read(aws.ToString(set.Name))
	if err != nil {
		return dns.Record{}, err
	}
	r := dns.Record{
		Name: n, Type: dns.Type(set.Type), TTL: aws.ToInt64(set.TTL), Routing: routing(set), HealthCheck: aws.ToString(set.HealthCheckId),
	}
	for _, v := range set.ResourceRecords {
		r.Values = append(r.Values, aws.ToString(v.Value))
	}
	if a := set.AliasTarget; a != nil {
		target, err := name.Read(aws.ToString(a.DNSName))
		if err != nil {
			return r, fmt.Errorf("alias of %s: %w", n, err)
		}
		r.Alias = dns.Alias{Target: target, Zone: aws.ToString(a.HostedZoneId), Health: a.EvaluateTargetHealth}
	}
	return r, nil
}

func routing(set types.ResourceRecordSet) dns.Routing {
	r := dns.Routing{Set: aws.ToString(set.SetIdentifier)}
	switch {
	case set.Weight != nil:
		r.Policy, r.Weight = dns.Weighted, *set.Weight
	case set.Failover != "":
		r.Policy, r.Failover = dns.Failover, string(set.Failover)
	case set.Region != "":
		r.Policy, r.Region = dns.Latency, string(set.Region)
	case set.GeoLocation != nil:
		g := set.GeoLocation
		r.Policy = dns.Geolocation
		r.Continent, r.Country, r.Subdivision = aws.ToString(g.ContinentCode), aws.ToString(g.CountryCode), aws.ToString(g.SubdivisionCode)
	case aws.ToBool(set.MultiValueAnswer):
		r.Policy = dns.Multivalue
	}
	return r
}

// write is an edit as a request has it.
func write(e dns.Edit) types.Change {
	r := e.Record
	set := &types.ResourceRecordSet{Name: aws.String(r.Name.API()), Type: types.RRType(r.Type), HealthCheckId: optional(r.HealthCheck)}
	for _, v := range r.Values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
	}
	if r.IsAlias() {
		set.AliasTarget = &types.AliasTarget{DNSName: aws.String(r.Alias.Target.API()), HostedZoneId: aws.String(r.Alias.Zone), EvaluateTargetHealth: r.Alias.Health}
	} else {
		set.TTL = aws.Int64(r.TTL)
	}
	route(set, r.Routing)
	if e.Delete {
		return types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: set}
	}
	return types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: set}
}

// route gives a record its place in a set.
func route(set *types.ResourceRecordSet, r dns.Routing) {
	set.SetIdentifier = optional(r.Set)
	switch r.Policy {
	case dns.Weighted:
		set.Weight = aws.Int64(r.Weight)
	case dns.Failover:
		set.Failover = types.ResourceRecordSetFailover(r.Failover)
	case dns.Latency:
		set.Region = types.ResourceRecordSetRegion(r.Region)
	case dns.Geolocation:
		set.GeoLocation = &types.GeoLocation{ContinentCode: optional(r.Continent), CountryCode: optional(r.Country), SubdivisionCode: optional(r.Subdivision)}
	case dns.Multivalue:
		set.MultiValueAnswer = aws.Bool(true)
	case dns.Simple:
	}
}

// optional is a text that may be absent.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
