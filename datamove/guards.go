package datamove

import (
	"fmt"
	"slices"
	"strings"
)

// The guards of a target, which are the checks of their findings.
const (
	guardTarget     = "target-allowed"
	guardProduction = "not-production"
)

// Guards decides from the policy and from what the inspection of both ends has found
// whether a store may be copied. It returns refusals only, each under the name of
// its guard. It fails closed: a target of which nothing is known is refused.
func (p Policy) Guards(environment string, s Store, plan Plan) []Finding {
	target, err := s.To.Address()
	if err != nil {
		return []Finding{refused(guardTarget, "", "the target's URL %v", err)}
	}
	return slices.Concat(p.targetAllowed(environment, target), p.notProduction(target, plan.To))
}

// refused is the finding of a guard that refuses.
func refused(guard, hint, format string, args ...any) Finding {
	return Finding{Severity: Refusal, Check: guard, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (p Policy) targetAllowed(environment string, target Address) []Finding {
	if p.allows(environment, target) {
		return nil
	}
	return []Finding{refused(guardTarget, "allow it in a Policy (spec.data.targets) or with --allow-target '"+target.place()+"'",
		"%s is not on the allow-list of %s", target.place(), environmentText(environment))}
}

// notProduction compares the target with what production looks like.
func (p Policy) notProduction(target Address, to Server) (found []Finding) {
	refuse := func(hint, format string, args ...any) {
		found = append(found, refused(guardProduction, hint, format, args...))
	}
	production := p.Production.withDefaults()
	for _, name := range target.names() {
		if anyFits(production.Names, []string{strings.ToLower(name)}) {
			refuse("rename the target, or name what production is called in a Policy (spec.data.production.names)",
				"the target's name %q looks like production", name)
		}
	}
	switch {
	case to.Fingerprint == "":
		refuse("", "the server behind %s cannot be identified", target.place())
	case anyFits(production.Fingerprints, []string{to.Fingerprint}):
		refuse("", "the server behind %s is a production server by its fingerprint %s", target.place(), to.Fingerprint)
	}
	if to.Connections > production.MaxConnections {
		refuse("stop its clients, or raise spec.data.production.maxConnections in a Policy",
			"%s has %d connections of others, more than %d", target.place(), to.Connections, production.MaxConnections)
	}
	if to.Bytes > production.MaxBytes {
		refuse("empty it, or raise spec.data.production.maxBytes in a Policy",
			"%s holds %d bytes already, more than %d", target.place(), to.Bytes, production.MaxBytes)
	}
	return found
}

func (p Policy) allows(environment string, target Address) bool {
	for _, t := range p.Targets {
		if t.Environment != "" && !Fits(t.Environment, environment) {
			continue
		}
		if anyFits(t.Allow, []string{target.place()}) {
			return true
		}
	}
	return false
}

// IsProtected says whether what leaves the source must be classified.
func (p Policy) IsProtected(e Endpoint) bool {
	a, err := e.Address()
	return e.Protected || err != nil || anyFits(p.Protected, []string{a.place()})
}

// place is the URL without user and query, as the globs of a Policy mean it.
func (a Address) place() string {
	scheme := a.Store
	return scheme + "://" + strings.Join(a.Hosts, ",") + "/" + a.Path
}

// names are what a person would know a production server by.
func (a Address) names() []string {
	return append([]string{a.Path}, a.Hosts...)
}

func environmentText(environment string) string {
	if environment == "" {
		return "any environment"
	}
	return "environment " + environment
}
