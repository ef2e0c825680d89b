package datamove

import (
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// PolicyKind is the kind of a Policy file.
const PolicyKind = "Policy"

// PolicyDocument is a Policy file: which targets may be written to at all.
type PolicyDocument struct {
	events.Header
	Spec PolicySpec `json:"spec" jsonschema:"required"`
}

// PolicySpec is what a Policy decides.
type PolicySpec struct {
	Data Policy `json:"data" jsonschema:"required,description=rules for copies of data"`
}

// Policy guards copies of data. Several are joined.
type Policy struct {
	// Targets are the only places that are written to.
	Targets []Target `json:"targets,omitempty" jsonschema:"description=the only places that copies may write to"`
	// Protected are globs of source URLs that hold data of real people.
	Protected []string `json:"protected,omitempty" jsonschema:"description=globs of URLs whose data may only leave when everything personal is classified"`
	// Production is what a target must not look like.
	Production Production `json:"production,omitzero" jsonschema:"description=what production looks like; such a target is refused"`
}

// Target allows the targets of an environment.
type Target struct {
	Environment string   `json:"environment,omitempty" jsonschema:"description=glob of environment names (default all)"`
	Allow       []string `json:"allow" jsonschema:"required,description=globs of target URLs without user such as mysql://10.0.*:3306/shop_* or s3://shop-*/*?endpoint=https://s3.example.com; host and port and path and endpoint are matched apart"`
}

// Production is what a target must not look like. Zero values take defaults.
type Production struct {
	// Names are globs of hosts, databases and buckets.
	Names []string `json:"names,omitempty" jsonschema:"description=globs of host names and databases and buckets (default *prod* and *live*)"`
	// Fingerprints are those of production servers, as data plan prints them.
	Fingerprints []string `json:"fingerprints,omitempty" jsonschema:"description=fingerprints of servers as data plan prints them"`
	// MaxBytes is the most that a target may hold already.
	MaxBytes int64 `json:"maxBytes,omitempty" jsonschema:"minimum=0,description=most bytes that a target may hold already (default 200 GiB)"`
	// MaxConnections is the most other clients that a target may have.
	MaxConnections int `json:"maxConnections,omitempty" jsonschema:"minimum=0,description=most connections of others that a target may have (default 50)"`
	// AllowUncounted lets a target through whose connections cannot be counted.
	AllowUncounted bool `json:"allowUncounted,omitempty" jsonschema:"description=do not refuse a target whose connections cannot be counted"`
}

// The bounds beyond which a target looks like production.
const (
	defaultMaxBytes       = 200 << 30
	defaultMaxConnections = 50
)

// Validate reports all that is wrong with the document.
func (d *PolicyDocument) Validate() events.Problems {
	p := d.Check(PolicyKind)
	for i, t := range d.Spec.Data.Targets {
		p = append(p, t.Check(fmt.Sprintf("spec.data.targets[%d].allow", i))...)
	}
	p.Check(d.Spec.Data.Production.MaxBytes >= 0, "spec.data.production.maxBytes", "is negative")
	p.Check(d.Spec.Data.Production.MaxConnections >= 0, "spec.data.production.maxConnections", "is negative")
	return p
}

// Check reports what is wrong with the globs, whose key is given.
func (t Target) Check(key string) events.Problems {
	var p events.Problems
	p.Check(len(t.Allow) > 0, key, "is empty, want at least one glob of a URL")
	for i, glob := range t.Allow {
		if _, err := readPlace(glob); err != nil {
			p.Add(fmt.Sprintf("%s[%d]", key, i), "%q %v", glob, err)
		}
	}
	return p
}

// Join adds the rules of another policy. The stricter of two bounds counts;
// what one of them allows is allowed.
func (p Policy) Join(other Policy) Policy {
	p.Targets = append(slices.Clip(p.Targets), other.Targets...)
	p.Protected = append(slices.Clip(p.Protected), other.Protected...)
	mine, theirs := p.Production, other.Production
	p.Production.Names = append(slices.Clip(mine.Names), theirs.Names...)
	p.Production.Fingerprints = append(slices.Clip(mine.Fingerprints), theirs.Fingerprints...)
	p.Production.MaxBytes = stricter(mine.MaxBytes, theirs.MaxBytes)
	p.Production.MaxConnections = stricter(mine.MaxConnections, theirs.MaxConnections)
	p.Production.AllowUncounted = mine.AllowUncounted || theirs.AllowUncounted
	return p
}

// stricter is the smaller of two bounds of which 0 means that it is not set.
func stricter[N int | int64](a, b N) N {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func (p Production) withDefaults() Production {
	if len(p.Names) == 0 {
		p.Names = []string{"*prod*", "*live*"}
	}
	if p.MaxBytes == 0 {
		p.MaxBytes = defaultMaxBytes
	}
	if p.MaxConnections == 0 {
		p.MaxConnections = defaultMaxConnections
	}
	return p
}
