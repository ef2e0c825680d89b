package envstest

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// answer is the error that a call of a person has ended with.
type answer struct {
	by   *installation
	name string
	err  error
}

// refused is who was refused what, in which words.
type refused struct {
	by            *installation
	name, project string
	text          string
}

// claim is a form of words in which a refusal names an object and its owner. Holds says
// whether that is so.
type claim struct {
	form  *regexp.Regexp
	holds func(*round, refused, []string) bool
}

func claims() []claim {
	const place = `(namespace \S+|\S+ in namespace \S+)`
	return []claim{
		{regexp.MustCompile(`^` + place + ` exists and is not ours: it lacks the label`), (*round).isForeign},
		{regexp.MustCompile(`^` + place + ` exists and belongs to installation (\S+), and this one is (\S+)`), (*round).isOfAnother},
		{regexp.MustCompile(`^` + place + ` exists and belongs to no installation: .*\(this installation is (\S+)\)`), (*round).isOfNone},
		{regexp.MustCompile(`^environment (\S+) was made by hand, and not by project (\S+)`), (*round).isByHand},
		{regexp.MustCompile(`^environment (\S+) belongs to project (\S+), not to (\S+)`), (*round).isOfProject},
		{regexp.MustCompile(`^template ` + ofQ + ` belongs to project q, not to p`), (*round).isOfOthers},
		{regexp.MustCompile(`^namespace (\S+) has objects that are not ours: ([^(]*)`), (*round).hasForeign},
		{regexp.MustCompile(`^there is no environment (\S+)`), (*round).isMissing},
	}
}

func (r *round) isForeign(_ refused, m []string) bool { return r.foreigner.was[m[1]] }

func (r *round) isOfAnother(q refused, m []string) bool {
	return m[3] == q.by.id && m[2] != q.by.id && (r.owners(q.name)[m[2]] || r.foreigner.was[m[1]])
}

func (r *round) isOfNone(q refused, m []string) bool { return m[2] == q.by.id && r.foreigner.was[m[1]] }

func (r *round) isByHand(q refused, m []string) bool {
	return m[1] == q.name && m[2] == q.project && r.projects(q.name)[""]
}

func (r *round) isOfProject(q refused, m []string) bool {
	return m[1] == q.name && m[3] == q.project && m[2] != m[3] && r.projects(q.name)[m[2]]
}

func (r *round) isOfOthers(q refused, _ []string) bool { return q.project == "p" }

// hasForeign wants every object that is named to be foreign, as all may be while somebody
// adopts the environment: the namespace comes first, and its objects are the other's still.
func (r *round) hasForeign(q refused, m []string) bool {
	adopted := slices.ContainsFunc(r.adopts, func(a adoption) bool { return a.name == q.name })
	return m[1] == q.name && (adopted || !slices.ContainsFunc(strings.Split(strings.TrimSpace(m[2]), ", "), func(object string) bool {
		return !r.foreigner.was[object+" in namespace "+q.name]
	}))
}

// isMissing holds unless the environment stood all the time.
func (r *round) isMissing(q refused, m []string) bool {
	stood := r.stands[q.name]
	return m[1] == q.name && (stood.owner != q.by.id || stood.over(r.stage.now()) || r.foreigner.touched[q.name] || r.isDestroyed(q.name))
}

func (r *round) isDestroyed(name string) bool {
	return slices.ContainsFunc(r.requests, func(q *request) bool { return q.name == name && q.doc == nil && q.end.word != rejected })
}

// owners are the installations that may have had the namespace in this step.
func (r *round) owners(name string) map[string]bool {
	all := map[string]bool{r.stands[name].owner: true}
	for id := range r.foreigner.seen[name] {
		all[id] = true
	}
	for _, q := range r.requests {
		all[q.by.id] = all[q.by.id] || q.name == name && q.doc != nil
	}
	for _, a := range r.adopts {
		all[a.by.id] = all[a.by.id] || a.name == name
	}
	return all
}

// projects are those whose environment it may have been in this step, "" for nobody's.
func (r *round) projects(name string) map[string]bool {
	all := map[string]bool{r.stands[name].project: true}
	if len(r.adopts) > 0 || r.foreigner.touched[name] {
		all[""] = true
		maps.Copy(all, r.foreigner.projects[name])
	}
	for _, q := range r.requests {
		if q.name == name && q.doc != nil {
			all[q.project], all[q.doc.Spec.Project] = true, true
		}
	}
	return all
}

// judge wants the end of a request to be one that there can be.
func (r *round) judge(q *request) {
	who := refused{by: q.by, name: q.name, project: q.project}
	switch q.end.word {
	case ready:
		r.judgeReady(q)
	case rejected:
		if _, no, err := events.EnvironmentRejectedTopic.Parse(q.end.event); err == nil {
			who.text = no.Reason
			r.judgeRefusal(who)
		}
	case failed:
		_, no, err := events.EnvironmentFailedTopic.Parse(q.end.event)
		if who.text = no.Message; err == nil && no.Reason == "Refused" {
			r.judgeRefusal(who)
		} else if !r.foreigner.touched[q.name] && !r.isGiven(no.Message) {
			r.problem("%s failed for %s, and nobody has touched it: %s", q.name, q.by.id, no.Message)
		}
	}
}

// isGiven says whether the failure is about an object that somebody else has made, and that
// was adopted.
func (r *round) isGiven(message string) bool {
	for at := range r.foreigner.given {
		if strings.Contains(message, at.String()) {
			return true
		}
	}
	return false
}

// judgeReady wants the build of a project to be in an environment of its own.
func (r *round) judgeReady(q *request) {
	stood := r.stands[q.name]
	if q.project != "" && stood.owner == q.by.id && stood.project != q.project && r.isAlone(q) {
		r.problem("a build of project %s has changed environment %s of project %q", q.project, q.name, stood.project)
	}
}

// isAlone says whether nothing else was asked for the environment in this step.
func (r *round) isAlone(q *request) bool {
	return !r.foreigner.touched[q.name] && !slices.ContainsFunc(r.requests, func(o *request) bool { return o != q && o.name == q.name })
}

// judgeAnswer wants the error of a call to be one that there can be.
func (r *round) judgeAnswer(a answer) {
	switch {
	case isOf(a.err, events.KindInvalid): // it has no ttl, or lives longer already
	case isOf(a.err, events.KindRefused, events.KindNotFound):
		r.judgeRefusal(refused{by: a.by, name: a.name, text: a.err.Error()})
	case isOf(a.err, events.KindUnavailable): // it is gone, or nobody has answered in time
	default:
		r.problem("a call of %s about %s has failed: %v", a.by.id, a.name, a.err)
	}
}

// judgeRefusal wants a refusal to name an object and its owner, and both to be so.
func (r *round) judgeRefusal(q refused) {
	for _, c := range r.stage.claims {
		if m := c.form.FindStringSubmatch(q.text); m != nil {
			if r.stage.tally.add(believed); !c.holds(r, q, m) {
				r.problem("a refusal to %s about %s is not so: %s", q.by.id, q.name, q.text)
			}
			return
		}
	}
	r.problem("a refusal to %s about %s names no object and no owner: %s", q.by.id, q.name, q.text)
}
