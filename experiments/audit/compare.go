package audit

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// compare counts what became of each sample. Data leave with age: what is missing although
// something older is kept differs.
func (d *Data) compare(p record.ProbeSeries, again []record.Sample) {
	var edge time.Time // windows that reach back beyond it are kept in part
	for i, was := range p.Samples {
		is := again[i]
		switch kept := d.Same+d.Different > 0; {
		case was.Value == nil && is.Value == nil:
		case was.Value == nil:
			d.Late++
		case unanswered(is):
			d.Unread++
			d.Why = is.Problem.Message
		case !kept && missing(is):
			d.Gone++
			edge, d.Why = was.At.Add(p.Reach.Std()), is.Problem.Message
		case was.At.Before(edge) && !same(was, is):
			d.Gone++
		default:
			d.count(was, is)
		}
	}
	d.conclude()
}

// count counts a sample that was answered.
func (d *Data) count(was, is record.Sample) {
	switch {
	case is.Value == nil || younger(was, is):
		d.differs(was, is)
	case same(was, is):
		d.Same++
	case younger(is, was):
		d.Late++
	default:
		d.differs(was, is)
	}
}

func (d *Data) conclude() {
	switch {
	case d.Different > 0:
		d.State = Different
	case d.Same > 0 && d.uncompared() > 0:
		d.State = InPart
	case d.Same > 0:
		d.State = Same
	case d.Gone > 0:
		d.State = Gone
	default:
		d.State = Unknown
		if d.Unread == 0 {
			d.Why = "no sample of the record can be compared"
		}
	}
}

// named is how many differences are named.
const named = 5

func (d *Data) differs(was, is record.Sample) {
	d.Different++
	if len(d.Where) < named {
		d.Where = append(d.Where, Difference{At: was.At, Record: shown(was), Again: shown(is)})
	}
}

// shown is what a sample showed, and how old its data were.
func shown(s record.Sample) string {
	switch {
	case s.Problem != nil:
		return "no value: " + string(s.Problem.Kind) + ": " + s.Problem.Message
	case s.Value == nil:
		return "no value"
	}
	text := strconv.FormatFloat(*s.Value, 'g', -1, 64)
	if s.Age != nil {
		text += " of data " + s.Age.String() + " old"
	}
	return text
}

// tolerance is the most, as a share, by which sums over the same data differ that are added up in
// another order.
const tolerance = 1e-9

// same says whether two samples have the same value.
func same(a, b record.Sample) bool {
	if a.Value == nil || b.Value == nil {
		return false
	}
	return math.Abs(*a.Value-*b.Value) <= tolerance*max(math.Abs(*a.Value), math.Abs(*b.Value))
}

// apart is the least by which two ages of data differ: times of raw samples are told with
// milliseconds.
const apart = 2 * time.Millisecond

// younger says whether a rests on younger data than b.
func younger(a, b record.Sample) bool {
	return a.Age != nil && b.Age != nil && a.Age.Std() < b.Age.Std()-apart
}

// missing says whether there are no data of the time any more, as far as the answer shows.
func missing(s record.Sample) bool {
	return s.Problem != nil && slices.Contains([]record.ProblemKind{
		record.ProblemNoData, record.ProblemStale, record.ProblemGone, record.ProblemWindow, record.ProblemNothingLeft,
	}, s.Problem.Kind)
}

// unanswered says whether nobody said anything of the data.
func unanswered(s record.Sample) bool {
	return s.Problem != nil && slices.Contains([]record.ProblemKind{
		record.ProblemHTTP, record.ProblemTimeout, record.ProblemUnreachable, record.ProblemWarnings, record.ProblemQuery,
		record.ProblemAPI, record.ProblemUnknown,
	}, s.Problem.Kind)
}
