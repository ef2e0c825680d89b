package dnstest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
)

// The parts of Route 53's messages that a test server needs.
type (
	recordSet struct {
		Name             string
		Type             string
		SetIdentifier    string       `xml:",omitempty"`
		Weight           *int64       `xml:",omitempty"`
		Region           string       `xml:",omitempty"`
		GeoLocation      *geoLocation `xml:",omitempty"`
		Failover         string       `xml:",omitempty"`
		MultiValueAnswer bool         `xml:",omitempty"`
		TTL              int64        `xml:",omitempty"`
		ResourceRecords  []string     `xml:"ResourceRecords>ResourceRecord>Value,omitempty"`
		AliasTarget      *aliasTarget `xml:",omitempty"`
		HealthCheckID    string       `xml:"HealthCheckId,omitempty"`
	}
	geoLocation struct {
		ContinentCode, CountryCode, SubdivisionCode string `xml:",omitempty"`
	}
	aliasTarget struct {
		HostedZoneID         string `xml:"HostedZoneId"`
		DNSName              string
		EvaluateTargetHealth bool
	}
	changeRequest struct {
		Changes []struct {
			Action            string
			ResourceRecordSet recordSet
		} `xml:"ChangeBatch>Changes>Change"`
	}
	resourceRecord struct{ Value string }
)

// ReadBatch reads the body of a request to change records.
func ReadBatch(r io.Reader) ([]dns.Edit, error) {
	var request changeRequest
	if err := xml.NewDecoder(r).Decode(&request); err != nil {
		return nil, fmt.Errorf("read batch: %w", err)
	}
	var edits []dns.Edit
	for _, c := range request.Changes {
		record, err := c.ResourceRecordSet.record()
		if err != nil {
			return nil, err
		}
		if c.Action != "CREATE" && c.Action != "DELETE" {
			return nil, fmt.Errorf("%s: the action is %s", record, c.Action)
		}
		edits = append(edits, dns.Edit{Delete: c.Action == "DELETE", Record: record})
	}
	return edits, nil
}

// record reads a record as Route 53 does.
func (s recordSet) record() (dns.Record, error) {
	n, err := name.Read(s.Name)
	if err != nil {
		return dns.Record{}, err
	}
	r := dns.Record{Name: n, Type: dns.Type(s.Type), TTL: s.TTL, Values: s.ResourceRecords, Routing: s.routing(), HealthCheck: s.HealthCheckID}
	if a := s.AliasTarget; a != nil {
		target, err := name.Read(a.DNSName)
		if err != nil {
			return r, err
		}
		r.Alias = dns.Alias{Target: target, Zone: a.HostedZoneID, Health: a.EvaluateTargetHealth}
	}
	return r, nil
}

func (s recordSet) routing() dns.Routing {
	r := dns.Routing{Set: s.SetIdentifier, Region: s.Region, Failover: s.Failover}
	switch {
	case s.Weight != nil:
		r.Policy, r.Weight = dns.Weighted, *s.Weight
	case s.Region != "":
		r.Policy = dns.Latency
	case s.Failover != "":
		r.Policy = dns.Failover
	case s.GeoLocation != nil:
		r.Policy, r.Continent, r.Country, r.Subdivision = dns.Geolocation, s.GeoLocation.ContinentCode, s.GeoLocation.CountryCode, s.GeoLocation.SubdivisionCode
	case s.MultiValueAnswer:
		r.Policy = dns.Multivalue
	}
	return r
}

// listed is a record as Route 53 lists it.
func listed(r dns.Record) recordSet {
	s := recordSet{
		Name: listedName(r.Name), Type: string(r.Type), SetIdentifier: r.Routing.Set, Region: r.Routing.Region, Failover: r.Routing.Failover,
		MultiValueAnswer: r.Routing.Policy == dns.Multivalue, TTL: r.TTL, ResourceRecords: r.Values, HealthCheckID: r.HealthCheck,
	}
	switch r.Routing.Policy {
	case dns.Weighted:
		s.Weight = &r.Routing.Weight
	case dns.Geolocation:
		s.GeoLocation = &geoLocation{r.Routing.Continent, r.Routing.Country, r.Routing.Subdivision}
	default:
	}
	if r.IsAlias() {
		s.AliasTarget = &aliasTarget{r.Alias.Zone, listedName(r.Alias.Target), r.Alias.Health}
	}
	return s
}

// MarshalXML writes each value in an element of its own.
func (s recordSet) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type plain recordSet
	values := make([]resourceRecord, 0, len(s.ResourceRecords))
	for _, v := range s.ResourceRecords {
		values = append(values, resourceRecord{v})
	}
	out := struct {
		plain
		ResourceRecords []resourceRecord `xml:"ResourceRecords>ResourceRecord"`
	}{plain(s), values}
	return e.EncodeElement(out, start)
}

// listedName is a name as Route 53 lists it, with every "*" escaped.
func listedName(n name.Name) string {
	if rest, ok := strings.CutPrefix(string(n), "*."); ok {
		return `\052.` + rest + "."
	}
	return n.API()
}

// Written is a record as requests and answers have it, for encoding/xml.
func Written(r dns.Record) any { return listed(r) }
