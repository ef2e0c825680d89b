package audit

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// Most is the size of the largest record that is read, in bytes.
const Most = 16 << 20

// Audit says of each part of a record whether it holds.
type Audit struct {
	Run        string `json:"run"`
	Experiment string `json:"experiment"`
	Schema     string `json:"schema"`
	// Tool is the version of Shakedown that judged the run.
	Tool  string    `json:"tool,omitempty"`
	Ended time.Time `json:"ended"`
	// Verdict is the word that the record has.
	Verdict record.Word `json:"verdict"`
	// Hash is that of the record, as it says.
	Hash string `json:"hash,omitempty"`
	// Holds says that all checks hold, and that no data differ where they were asked for again.
	Holds  bool    `json:"holds"`
	Checks []Check `json:"checks"`
	// Data are the probes whose data were asked for again, in the order of the hypothesis.
	Data []Data `json:"data,omitempty"`
}

// Subject is what a check is about.
type Subject string

// The subjects of checks, in their order.
const (
	Chain    Subject = "chain"
	Samples  Subject = "samples"
	Figures  Subject = "figures"
	Evidence Subject = "evidence"
	Verdict  Subject = "verdict"
)

// Subjects are all of them.
func Subjects() []Subject { return []Subject{Chain, Samples, Figures, Evidence, Verdict} }

// Check is one part of a record.
type Check struct {
	Of    Subject `json:"of"`
	Name  string  `json:"name"`
	Holds bool    `json:"holds"`
	// Record is what the record says and Again what was found; of one that holds the two
	// are the same and Again is "".
	Record string `json:"record,omitempty"`
	Again  string `json:"again,omitempty"`
}

// Of judges a record again. kept is its hash as somebody kept it elsewhere, "" when nobody
// did. Errors: KindInvalid, for what is no record that can be verified.
func Of(raw []byte, kept string, kinds verdict.Adviser) (Audit, error) {
	if len(raw) > Most {
		return Audit{}, events.Errorf(events.KindInvalid, "shakedown report export RUN --format json", "this is no run record: it has more than %d MiB", Most>>20)
	}
	stored, err := record.Parse(raw)
	if err != nil {
		return Audit{}, err
	}
	if err := stored.Verifiable(); err != nil {
		return Audit{}, err
	}
	fits, err := record.Fits(raw, stored.Chain)
	if err != nil {
		return Audit{}, err
	}
	again, err := record.Parse(raw) // a copy that shares nothing
	if err != nil {
		return Audit{}, err
	}
	verdict.Again(&again, kinds)
	a := Audit{
		Run: stored.Run, Experiment: stored.Name, Schema: stored.Schema, Tool: stored.Tool, Ended: stored.Ended,
		Verdict: stored.Verdict.Word, Holds: true,
	}
	if stored.Chain != nil {
		a.Hash = stored.Chain.Hash
	}
	a.chain(fits, kept)
	a.samples(stored)
	a.figures(stored, again)
	a.evidence(stored, again)
	a.verdict(stored.Verdict, again.Verdict)
	return a, nil
}

// add takes a check in. It holds when what was found is what the record says.
func (a *Audit) add(of Subject, name, recorded, again string) {
	c := Check{Of: of, Name: name, Holds: recorded == again, Record: recorded}
	if !c.Holds {
		c.Again, a.Holds = again, false
	}
	a.Checks = append(a.Checks, c)
}

func (a *Audit) chain(fits []record.Fit, kept string) {
	for _, f := range fits {
		a.Checks = append(a.Checks, Check{Of: Chain, Name: f.Part, Holds: f.Holds, Record: f.Seen})
		a.Holds = a.Holds && f.Holds
	}
	if kept != "" {
		a.add(Chain, "hash kept elsewhere", a.Hash, kept)
	}
}

func (a *Audit) verdict(stored, again record.Verdict) {
	a.add(Verdict, "word", string(stored.Word), string(again.Word))
	a.add(Verdict, "reason", stored.Reason, again.Reason)
	a.add(Verdict, "guard", stored.Guard, again.Guard)
	a.add(Verdict, "advice", stored.Advice, again.Advice)
}

// evidence compares the lines of the checklist in their order.
func (a *Audit) evidence(stored, again record.Record) {
	for i := range max(len(stored.Evidence), len(again.Evidence)) {
		var was, is record.Requirement
		if i < len(stored.Evidence) {
			was = stored.Evidence[i]
		}
		if i < len(again.Evidence) {
			is = again.Evidence[i]
		}
		name := is.Name
		if name == "" {
			name = was.Name
		}
		a.add(Evidence, name, line(was), line(is))
	}
}

// line is a line of the checklist in words.
func line(r record.Requirement) string {
	switch {
	case r.Name == "":
		return "no such line"
	case r.Met:
		return r.Name + ": met: " + r.Seen + "; wanted: " + r.Wanted
	case r.Unknown:
		return r.Name + ": not known: " + r.Seen + "; wanted: " + r.Wanted
	}
	return r.Name + ": not met: " + r.Seen + "; wanted: " + r.Wanted
}

// samples evaluates each sample again: whether it has a value that counts and meets its
// condition.
func (a *Audit) samples(r record.Record) {
	for _, p := range r.Probes {
		name, counted := "samples of "+p.Name, false
		for _, s := range p.Samples {
			counted = counted || s.Wanted != nil
		}
		recorded := record.Plural(len(p.Samples), "sample")
		again := recorded
		for i, s := range p.Samples {
			if why := wrong(p, s, counted); why != "" {
				again = "sample " + number(i) + " at " + clock(s.At) + ": " + why
				break
			}
		}
		a.add(Samples, name, recorded, again)
	}
}

// wrong is why a sample is not what its probe would have made of its value, "" when it is.
func wrong(p record.ProbeSeries, s record.Sample, counted bool) string {
	switch {
	case s.Problem != nil && (s.Value != nil || s.OK):
		return "it has a problem and a value"
	case s.Problem != nil:
		return ""
	case s.Value == nil:
		return "it has neither a value nor a problem"
	}
	c := probe.Condition{Compare: p.Compare, Value: p.Value, Counted: counted, MaxAge: p.MaxAge}
	again := probe.Evaluate(c, probe.Reading{Value: *s.Value, Wanted: s.Wanted, Age: span(s.Age), Oldest: span(s.Oldest)})
	switch {
	case again.Problem != nil:
		return "its value does not count: " + again.Problem.Message
	case again.OK && !s.OK:
		return "its value meets the condition, and the record says that it does not"
	case s.OK && !again.OK:
		return "its value does not meet the condition, and the record says that it does"
	}
	return ""
}
