package datamove

import (
	"cmp"
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
	at := target.at(plan.To.Endpoint)
	return slices.Concat(p.targetAllowed(environment, at), p.notProduction(at, plan.To))
}

// refused is the finding of a guard that refuses.
func refused(guard, hint, format string, args ...any) Finding {
	return Finding{Severity: Refusal, Check: guard, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (p Policy) targetAllowed(environment string, target place) []Finding {
	if p.allows(environment, target) {
		return nil
	}
	return []Finding{refused(guardTarget, "allow it in a Policy (spec.data.targets) or with --allow-target '"+target.String()+"'",
		"%s is not on the allow-list of %s", target, environmentText(environment))}
}

// notProduction compares the target with what production looks like.
func (p Policy) notProduction(target place, to Server) (found []Finding) {
	refuse := func(hint, format string, args ...any) {
		found = append(found, refused(guardProduction, hint, format, args...))
	}
	production := p.Production.withDefaults()
	for _, name := range target.names() {
		if anyFolded(production.Names, name) {
			refuse("rename the target, or name what production is called in a Policy (spec.data.production.names)",
				"the target's name %q looks like production", name)
		}
	}
	switch {
	case to.Fingerprint == "":
		refuse("", "the server behind %s cannot be identified", target)
	case anyFolded(production.Fingerprints, to.Fingerprint):
		refuse("", "the server behind %s is a production server by its fingerprint %s", target, to.Fingerprint)
	}
	if to.Connections < 0 && !to.Connectionless && !production.AllowUncounted {
		refuse(cmp.Or(to.Uncounted, "let them be counted")+"; or say that it is meant: spec.data.production.allowUncounted: true in a Policy",
			"the connections of others to %s cannot be counted", target)
	}
	if to.Connections > production.MaxConnections {
		refuse("stop its clients, or raise spec.data.production.maxConnections in a Policy",
			"%s has %d connections of others, more than %d", target, to.Connections, production.MaxConnections)
	}
	if to.Bytes > production.MaxBytes {
		refuse("empty it, or raise spec.data.production.maxBytes in a Policy",
			"%s holds %d bytes already, more than %d", target, to.Bytes, production.MaxBytes)
	}
	return found
}

func (p Policy) allows(environment string, target place) bool {
	for _, t := range p.Targets {
		if t.Environment != "" && !Fits(t.Environment, environment) {
			continue
		}
		for _, text := range t.Allow {
			if glob, err := readPlace(text); err == nil && glob.fits(target) {
				return true
			}
		}
	}
	return false
}

// IsProtected says whether what leaves the source must be classified. Here a glob is
// generous: it may leave out the port and the endpoint, and a star takes whatever follows.
func (p Policy) IsProtected(e Endpoint) bool {
	a, err := e.Address()
	if e.Protected || err != nil {
		return true
	}
	at := a.at("")
	for i, h := range at.hosts {
		at.hosts[i].name = strings.TrimSuffix(h.name, ".")
	}
	return anyFolded(p.Protected, at.String(), at.text(true), at.text(false))
}

// anyFolded is anyFits whatever the case of letters is.
func anyFolded(globs []string, names ...string) bool {
	return anyFits(folded(globs), folded(names))
}

func folded(texts []string) []string {
	var lower []string
	for _, text := range texts {
		lower = append(lower, strings.ToLower(text))
	}
	return lower
}

func environmentText(environment string) string {
	if environment == "" {
		return "any environment"
	}
	return "environment " + environment
}
