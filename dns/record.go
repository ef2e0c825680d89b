package dns

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// Type is the type of a record.
type Type string

// The types that can be wanted. Others are read and left alone.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CNAME Type = "CNAME"
	TXT   Type = "TXT"
	MX    Type = "MX"
	SRV   Type = "SRV"
	CAA   Type = "CAA"
	NS    Type = "NS"
)

// Types are the types that can be wanted.
func Types() []Type { return []Type{A, AAAA, CNAME, TXT, MX, SRV, CAA, NS} }

// Record is all values of one type under one name, or, of a routing set, those of one
// member. Values are written as Route 53 writes them.
type Record struct {
	Name    name.Name `json:"name"`
	Type    Type      `json:"type"`
	TTL     int64     `json:"ttl,omitempty"`
	Values  []string  `json:"values,omitempty"`
	Alias   Alias     `json:"alias,omitzero"`
	Routing Routing   `json:"routing,omitzero"`
	// HealthCheck is the id of one that is there.
	HealthCheck string `json:"healthCheck,omitempty"`
}

// Alias makes a record that answers what another name does, without a CNAME.
type Alias struct {
	Target name.Name `json:"target"`
	// Zone is the hosted zone of the target.
	Zone string `json:"zone"`
	// Health says that the target's health decides whether the record is answered.
	Health bool `json:"health"`
}

// Policy says how one of several members of a set is chosen.
type Policy string

// The policies. Without one there is no set.
const (
	Simple      Policy = ""
	Weighted    Policy = "weighted"
	Failover    Policy = "failover"
	Latency     Policy = "latency"
	Geolocation Policy = "geolocation"
	Multivalue  Policy = "multivalue"
)

// Routing is the place of a record in a set of records with one name and type.
type Routing struct {
	Set      string `json:"set"`
	Policy   Policy `json:"policy"`
	Weight   int64  `json:"weight,omitempty"`
	Failover string `json:"failover,omitempty"`
	Region   string `json:"region,omitempty"`
	// Continent, Country and Subdivision are codes; a country "*" is the rest of the world.
	Continent   string `json:"continent,omitempty"`
	Country     string `json:"country,omitempty"`
	Subdivision string `json:"subdivision,omitempty"`
}

// Key tells records of a zone apart.
type Key struct {
	Name name.Name
	Type Type
	Set  string
}

// Key is that of the record.
func (r Record) Key() Key { return Key{r.Name, r.Type, r.Routing.Set} }

// String names the record in messages.
func (r Record) String() string { return r.Key().String() }

// String is "www.shop.example A (blue)".
func (k Key) String() string {
	if k.Set == "" {
		return fmt.Sprintf("%s %s", k.Name, k.Type)
	}
	return fmt.Sprintf("%s %s (%s)", k.Name, k.Type, k.Set)
}

// IsAlias says whether the record is an alias.
func (r Record) IsAlias() bool { return r.Alias != Alias{} }

// Equal says whether both records answer the same, however their values are written and
// ordered.
func (r Record) Equal(other Record) bool {
	return r.Key() == other.Key() && r.TTL == other.TTL && r.Alias == other.Alias && r.Routing == other.Routing &&
		r.HealthCheck == other.HealthCheck && slices.Equal(r.normal(), other.normal())
}

// normal are the values in one notation and order.
func (r Record) normal() []string {
	values := make([]string, 0, len(r.Values))
	for _, v := range r.Values {
		values = append(values, normalValue(r.Type, v))
	}
	slices.Sort(values)
	return values
}

// Answer is what the record says, in one line.
func (r Record) Answer() string {
	parts := slices.Clone(r.Values)
	if r.IsAlias() {
		parts = []string{"alias of " + string(r.Alias.Target)}
	} else {
		parts = append(parts, "ttl "+strconv.FormatInt(r.TTL, 10))
	}
	if routing := r.Routing.String(); routing != "" {
		parts = append(parts, routing)
	}
	if r.HealthCheck != "" {
		parts = append(parts, "health check "+r.HealthCheck)
	}
	return strings.Join(parts, " ")
}

// String is the policy with its settings, "" for none.
func (r Routing) String() string {
	switch r.Policy {
	case Weighted:
		return "weight " + strconv.FormatInt(r.Weight, 10)
	case Failover:
		return "failover " + r.Failover
	case Latency:
		return "latency in " + r.Region
	case Geolocation:
		return strings.Join(strings.Fields("answers "+r.Continent+" "+r.Country+" "+r.Subdivision), " ")
	default:
		return string(r.Policy)
	}
}
