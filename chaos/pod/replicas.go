package pod

import (
	"fmt"
	"slices"
	"strings"
)

// covered counts the victims that the budget protects.
func covered(b Budget, victims []Pod) int {
	n := 0
	for _, v := range victims {
		if b.covers(v.UID) {
			n++
		}
	}
	return n
}

// coveredByOthers counts the pods that the budget protects, that other open faults
// have drawn, and that are not going yet: they are not in its status.
func coveredByOthers(b Budget, e evidence) int {
	n := 0
	for _, p := range e.survey.Pods {
		if e.elsewhere(p) && b.covers(p.UID) && !p.Terminating && !isVictim(e, p) {
			n++
		}
	}
	return n
}

// everyOwnerKeepsOne says whether each owner keeps a ready pod that is neither a
// victim nor terminating, and which do not.
func everyOwnerKeepsOne(e evidence) (seen string, ok bool) {
	ok = true
	var parts []string
	for _, v := range e.victims {
		if v.Owner.UID == "" {
			parts, ok = append(parts, fmt.Sprintf("pod %s has no owner that would replace it", v.Name)), false
		}
	}
	for _, ref := range ownersOf(e.victims) {
		others := otherReady(e, ref)
		parts = append(parts, fmt.Sprintf("%s keeps %d other ready pods", ref, others))
		ok = ok && others > 0
	}
	return strings.Join(parts, "; "), ok
}

// otherReady counts the ready pods of an owner that no open fault has drawn.
func otherReady(e evidence, owner Ref) int {
	n := 0
	for _, p := range e.survey.Pods {
		if p.Owner.UID == owner.UID && p.Ready && !p.Terminating && !isVictim(e, p) && !e.elsewhere(p) {
			n++
		}
	}
	return n
}

// elsewhere says whether another open fault has drawn the pod, or its owner.
func (e evidence) elsewhere(p Pod) bool {
	return e.others[p.UID] || p.Owner.UID != "" && e.others[p.Owner.UID]
}

func isVictim(e evidence, p Pod) bool {
	return slices.ContainsFunc(e.victims, func(v Pod) bool { return v.UID == p.UID })
}
