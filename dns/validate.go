package dns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

// maxTTL is the longest time that a record may be kept, and maxWeight the largest weight.
const (
	maxTTL    = events.Duration((1<<31 - 1) * time.Second)
	maxWeight = 255
)

// checker turns what people write into records, and notes what is wrong.
type checker struct {
	events.Problems
	registry Registry
	ttl      events.Duration
}

func (c *checker) records(wanted []Wanted) []Record {
	records := make([]Record, 0, len(wanted))
	for i, w := range wanted {
		records = append(records, c.record(fmt.Sprintf("spec.records[%d]", i), w))
	}
	return records
}

func (c *checker) record(key string, w Wanted) Record {
	r := Record{Type: w.Type, HealthCheck: w.HealthCheck, Routing: c.routing(key, w)}
	known := slices.Contains(Types(), w.Type)
	c.Check(known, key+".type", "is %q, want one of %v", w.Type, Types())
	n, err := name.Parse(w.Name)
	if err == nil && known {
		err = c.registry.Fits(n, w.Type)
	}
	if err != nil {
		c.Add(key+".name", "%v", err)
	}
	r.Name = n
	switch isAlias := w.Alias != (WantedAlias{}); {
	case isAlias:
		r.Alias = c.alias(key, w)
	case len(w.Values) == 0:
		c.Add(key+".values", "are missing: want values or an alias")
	case known:
		c.seconds(key+".ttl", w.TTL)
		r.TTL, r.Values = int64(c.ttlOf(w).Std().Seconds()), c.values(key, w)
	}
	return r
}

// ttlOf is the document's ttl for a record without one.
func (c *checker) ttlOf(w Wanted) events.Duration {
	if w.TTL != 0 {
		return w.TTL
	}
	return c.ttl
}

func (c *checker) seconds(key string, d events.Duration) {
	c.Check(d >= 0 && d <= maxTTL && d.Std()%time.Second == 0, key, "is %s, want whole seconds up to %d", d, maxTTL/events.Duration(time.Second))
}

func (c *checker) values(key string, w Wanted) []string {
	values := make([]string, 0, len(w.Values))
	for i, text := range w.Values {
		at := fmt.Sprintf("%s.values[%d]", key, i)
		v, err := Value(w.Type, text)
		switch {
		case err != nil:
			c.Add(at, "%v", err)
		case slices.Contains(values, v):
			c.Add(at, "%s stands here twice", v)
		}
		values = append(values, v)
	}
	c.Check(w.Type != CNAME || len(values) == 1, key+".values", "are %d, and a CNAME has one", len(values))
	return values
}

func (c *checker) alias(key string, w Wanted) Alias {
	c.Check(w.Type == A || w.Type == AAAA, key+".alias", "is for records of type A or AAAA, and this is %s", w.Type)
	c.Check(len(w.Values) == 0 && w.TTL == 0, key+".alias", "stands beside values or a ttl, which it has from its target")
	c.Check(w.Alias.Zone != "", key+".alias.zone", "is missing: the id of the hosted zone of the target")
	n, err := name.Parse(w.Alias.Target)
	if err != nil {
		c.Add(key+".alias.target", "%v", err)
	}
	return Alias{Target: n, Zone: w.Alias.Zone, Health: w.Alias.Health}
}

func (c *checker) routing(key string, w Wanted) Routing {
	r := Routing{Set: w.Set, Failover: w.Failover, Region: w.Region, Continent: w.Geo.Continent, Country: w.Geo.Country, Subdivision: w.Geo.Subdivision}
	if w.Weight != nil {
		r.Weight = *w.Weight
	}
	var given []string
	for _, p := range []struct {
		key    string
		policy Policy
		set    bool
	}{
		{"weight", Weighted, w.Weight != nil},
		{"failover", Failover, w.Failover != ""},
		{"region", Latency, w.Region != ""},
		{"geo", Geolocation, w.Geo != Geo{}},
		{"multivalue", Multivalue, w.Multivalue},
	} {
		if p.set {
			given, r.Policy = append(given, p.key), p.policy
		}
	}
	c.Check((w.Set == "") == (len(given) == 0) && len(given) < 2, key+".set",
		"has %d of weight, failover, region, geo and multivalue (%s): a record with a set has one, any other none", len(given), strings.Join(given, ", "))
	c.Check(r.Weight >= 0 && r.Weight <= maxWeight, key+".weight", "is %d, want 0 to %d", r.Weight, maxWeight)
	c.Check(r.Failover == "" || r.Failover == "PRIMARY" || r.Failover == "SECONDARY", key+".failover", "is %q, want PRIMARY or SECONDARY", r.Failover)
	return r
}

// together notes what cannot stand beside each other under one name.
func (c *checker) together(records []Record) {
	seen := map[name.Name][]int{}
	for i, r := range records {
		at := fmt.Sprintf("spec.records[%d]", i)
		for _, j := range seen[r.Name] {
			if other := records[j]; other.Key() == r.Key() {
				c.Add(at, "%s is wanted already by spec.records[%d]: put all values into one record", r, j)
			} else if no := beside(r, other); no.reason != "" {
				c.Add(at, "%s is impossible: %s%s", r, no.reason, parenthesis(no.hint))
			}
		}
		if r.Name != "" {
			seen[r.Name] = append(seen[r.Name], i)
		}
	}
}

func parenthesis(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}
