package dns

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Kind is the kind of document that says which records are wanted.
const Kind = "Hostnames"

// Document is a Hostnames file: records that are wanted, and nothing of the same owner
// and document beside them.
type Document struct {
	events.Header
	Spec Spec `json:"spec" jsonschema:"required"`
}

// Spec says whose the records are, where they stand and what they are.
type Spec struct {
	Owner    string          `json:"owner" jsonschema:"required,description=DNS label that tells who owns the records; no other team or tool that changes the same zones has the same"`
	Private  bool            `json:"private,omitempty" jsonschema:"description=the records are those of private zones (default public ones)"`
	Zones    []string        `json:"zones,omitempty" jsonschema:"description=ids of the only hosted zones that are read and changed (default all of the account)"`
	Registry Registry        `json:"registry,omitzero" jsonschema:"description=names of the TXT records that tell the owner"`
	TTL      events.Duration `json:"ttl,omitempty" jsonschema:"description=for records without one (default 60s)"`
	Records  []Wanted        `json:"records" jsonschema:"required,description=all that are wanted; an empty list deletes nothing"`
}

// Wanted is one record, as people write it.
type Wanted struct {
	Name        string          `json:"name" jsonschema:"required,description=full name; * as first label for all below"`
	Type        Type            `json:"type" jsonschema:"required,enum=A,enum=AAAA,enum=CNAME,enum=TXT,enum=MX,enum=SRV,enum=CAA,enum=NS"`
	TTL         events.Duration `json:"ttl,omitempty" jsonschema:"description=whole seconds"`
	Values      []string        `json:"values,omitempty" jsonschema:"description=addresses or targets or texts; texts are quoted and split for you"`
	Alias       WantedAlias     `json:"alias,omitzero" jsonschema:"description=answer what another name does; instead of values and a ttl"`
	HealthCheck string          `json:"healthCheck,omitempty" jsonschema:"description=id of a health check that is there"`

	Set        string `json:"set,omitempty" jsonschema:"description=name of this one of several records with one name and type"`
	Weight     *int64 `json:"weight,omitempty" jsonschema:"minimum=0,maximum=255,description=share of this one of a set"`
	Failover   string `json:"failover,omitempty" jsonschema:"enum=PRIMARY,enum=SECONDARY"`
	Region     string `json:"region,omitempty" jsonschema:"description=AWS region; who is nearest to it gets this one"`
	Geo        Geo    `json:"geo,omitzero" jsonschema:"description=where those are who get this one"`
	Multivalue bool   `json:"multivalue,omitempty" jsonschema:"description=answer up to eight of a set that are healthy"`
}

// WantedAlias is an alias, as people write it.
type WantedAlias struct {
	Target string `json:"target" jsonschema:"required"`
	Zone   string `json:"zone" jsonschema:"required,description=id of the hosted zone of the target"`
	Health bool   `json:"evaluateHealth,omitempty" jsonschema:"description=answer only while the target is healthy"`
}

// Geo is a part of the world, by codes.
type Geo struct {
	Continent   string `json:"continent,omitempty"`
	Country     string `json:"country,omitempty" jsonschema:"description=two letters; * is the rest of the world"`
	Subdivision string `json:"subdivision,omitempty"`
}

// defaultTTL is that of records without one.
const defaultTTL = events.Duration(time.Minute)

// Source is what the document wants.
func (d Document) Source() Source {
	c := checker{registry: d.Spec.Registry, ttl: d.ttl()}
	return Source{
		Owner:    Owner{ID: d.Spec.Owner, Resource: "hostnames/" + d.Metadata.Name},
		Registry: d.Spec.Registry, Private: d.Spec.Private, Zones: d.Spec.Zones, Records: c.records(d.Spec.Records),
	}
}

func (d Document) ttl() events.Duration {
	if d.Spec.TTL == 0 {
		return defaultTTL
	}
	return d.Spec.TTL
}

// Validate reports all that is wrong with the document.
func (d *Document) Validate() events.Problems {
	c := checker{registry: d.Spec.Registry, ttl: d.ttl(), Problems: d.Check(Kind)}
	c.CheckDNSLabel("spec.owner", d.Spec.Owner)
	c.Check(d.Spec.Owner != "default", "spec.owner", "is %q, which is what external-dns calls itself when nobody gives it a name", d.Spec.Owner)
	if err := d.Spec.Registry.Check(); err != nil {
		c.Add("spec.registry", "%v", err)
		return c.Problems
	}
	c.seconds("spec.ttl", d.Spec.TTL)
	c.together(c.records(d.Spec.Records))
	return c.Problems
}
