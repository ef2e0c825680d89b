package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// verify is the command that compares only.
const verify = "verify"

// look is how a verdict is shown.
type look struct {
	Class, Icon, Mark, Meaning string
}

// lookOf is the look of a verdict. A word that is none is shown as one that is not known.
func lookOf(v datamove.Verdict, command string) look {
	switch v {
	case datamove.Equal:
		l := look{"good", "check", "✓", "Everything was copied, and then both sides were compared: they are the same."}
		if command == verify {
			l.Meaning = "Both sides were compared: they are the same."
		}
		return l
	case datamove.Different:
		return look{"bad", "cross", "✗", "Both sides were compared, and something is not the same."}
	case datamove.Incomplete:
		return look{"warn", "question", "?", "Not everything was copied or compared, so nobody knows whether both sides are the same."}
	case datamove.Refused:
		return look{"stop", "stop", "■", "Nothing was changed: it was refused before it began."}
	}
	return look{"warn", "question", "?", "The report has no verdict that it proves."}
}

// lookAt is the look of a report: one that contradicts itself proves nothing.
func lookAt(r datamove.Report) look {
	l := lookOf(r.Verdict, r.Command)
	if len(contradictions(r)) > 0 {
		return lookOf("", "")
	}
	masked := slices.ContainsFunc(r.Parts, func(p datamove.Part) bool { return len(p.Masked) > 0 })
	if masked && r.Verdict == datamove.Equal {
		l.Meaning += " What was masked was compared with what was sent."
	}
	return l
}

// word is the verdict as the report has it.
func word(v datamove.Verdict) string { return cmp.Or(string(v), "no verdict") }

// contradictions are places where the verdict says more than the report proves.
func contradictions(r datamove.Report) (all []string) {
	judged := r
	judged.Verdict, judged.Reason, judged.Parts = "", "", slices.Clone(r.Parts)
	for i := range judged.Parts {
		p := &judged.Parts[i]
		had := p.Verdict
		p.Verdict, p.Reason = "", ""
		if found := p.Judge(); found != datamove.Equal && had == datamove.Equal {
			all = append(all, cmp.Or(p.Name, "a store")+" is said to be equal, but "+p.Reason)
		}
		p.Verdict, p.Reason = had, ""
	}
	if found := judged.Judge(); found != datamove.Equal && r.Verdict == datamove.Equal {
		all = append(all, "the run is said to be equal, but it is "+string(found)+" by what is below")
	}
	return all
}

// nouns are what a store is made of.
func nouns(store string) (unit, item string) {
	switch store {
	case datamove.StoreMySQL:
		return "table", "row"
	case datamove.StoreRedis:
		return "database", "key"
	case datamove.StoreS3:
		return "prefix", "object"
	}
	return "unit", "item"
}

// units is "1 prefix" or "2 prefixes".
func units(n int64, store string) string {
	unit, _ := nouns(store)
	if unit == "prefix" && n != 1 {
		return html.Count(n) + " prefixes"
	}
	return html.Plural(n, unit)
}

// tally is what a part adds up to.
type tally struct {
	units, source, target, masked, differences int64
}

func tallyOf(p datamove.Part) (t tally) {
	for _, u := range p.Units {
		t.units++
		t.source += u.Source.Items
		t.target += u.Target.Items
	}
	for _, m := range p.Masked {
		t.masked += m.Count
	}
	t.differences = int64(len(p.Differences)) + p.MoreDifferences
	return t
}

// items says how many there are on both sides: "12 rows", "11 of 12 rows".
func (t tally) items(store string) string {
	_, item := nouns(store)
	if t.source == t.target {
		return html.Plural(t.source, item)
	}
	return html.Count(t.target) + " of " + html.Plural(t.source, item)
}

// took is how long a run took, 0 when it is not known.
func took(r datamove.Report) time.Duration {
	if r.Began.IsZero() || r.Ended.Before(r.Began) {
		return 0
	}
	return r.Ended.Sub(r.Began)
}

// moment says in words which moment of the source the copy shows.
func moment(s datamove.Snapshot) string {
	switch {
	case s.Method == "":
		return "the source was not read"
	case s.Consistent:
		return "one moment, " + html.Instant(s.Time)
	case s.Until.IsZero():
		return "from " + html.Instant(s.Time) + " on, not one moment"
	}
	return "from " + html.Instant(s.Time) + " to " + html.Instant(s.Until) + ", not one moment"
}
