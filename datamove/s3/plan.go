package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	// planMost is how many objects of each side a plan looks at.
	planMost = 100_000
	// Known rates, for the estimate: requests that copy and bytes that are moved, a second.
	rateInside   = 1500
	rateStreamed = 600
	rateBytes    = 50 << 20
	// lookMost is how many objects of a kind are looked at closer.
	lookMost = 100
	// oddMost is how many odd keys are named.
	oddMost = 5
)

// errEnough ends a listing that a plan need not read on.
var errEnough = errors.New("enough")

// survey is what a plan counts.
type survey struct {
	units                map[string]*datamove.PlanUnit
	src, dst             datamove.Sum
	missing, differ, gap int64 // gap are those only in the target
	todoBytes            int64
	big, archived, odd   int64
	oddities             []string
	archivedExample      string
	// long are keys that would be too long in the target, unsure those that neither
	// listings nor a look tell apart.
	long, unsure, coldSeen int64
	longExample            string
	differExample          string
	cut                    bool
	order                  bool
}

// Plan implements datamove.Adapter.
func (a *Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	r, err := a.newRun(ctx, j, nil)
	if err != nil {
		return datamove.Plan{Store: j.Store.Name}, err
	}
	defer r.close()
	p := datamove.Plan{Store: j.Store.Name, From: server(r.from), To: server(r.to), Method: methodStreamed}
	if found, refused := asFinding(r.guards(ctx)); refused != nil {
		return p, r.told(refused)
	} else if found.Check != "" {
		p.Findings = append(p.Findings, found)
		return p, nil
	}
	found, err := r.probe(ctx)
	if err != nil {
		return p, r.told(err)
	}
	p.Findings = append(p.Findings, found...)
	if hasRefusal(found) {
		return p, nil
	}
	s, err := r.survey(ctx)
	if err != nil {
		return p, r.told(err)
	}
	if err := r.decide(ctx); err != nil {
		return p, r.told(err)
	}
	r.describe(&p, s)
	return p, nil
}

// asFinding turns a refusal of a guard into a finding; other errors stay errors.
func asFinding(err error) (datamove.Finding, error) {
	if err == nil {
		return datamove.Finding{}, nil
	}
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindRefused && e.Kind != events.KindNotFound {
		return datamove.Finding{}, err
	}
	check := "bucket"
	switch {
	case strings.Contains(e.Message, "same place"):
		check = "same-place"
	case strings.Contains(e.Message, "region"):
		check = "region"
	case strings.Contains(e.Message, "s3:ListBucket"):
		check = "rights"
	}
	return datamove.Finding{Severity: datamove.Refusal, Check: check, Message: e.Message, Hint: e.Advice}, nil
}

func hasRefusal(all []datamove.Finding) bool {
	return slices.ContainsFunc(all, func(f datamove.Finding) bool { return f.Severity == datamove.Refusal })
}

// survey lists both sides, up to a bound.
func (r *run) survey(ctx context.Context) (*survey, error) {
	s := &survey{units: map[string]*datamove.PlanUnit{}}
	err := r.joined(ctx, r.from, r.to, false, func(p pair) error { return s.take(ctx, r, p) })
	if errors.Is(err, errDisorder) {
		s = &survey{units: map[string]*datamove.PlanUnit{}, order: true}
		err = r.joined(ctx, r.from, r.to, true, func(p pair) error { return s.take(ctx, r, p) })
	}
	if errors.Is(err, errEnough) {
		s.cut, err = true, nil
	}
	return s, err
}

func (s *survey) take(ctx context.Context, r *run, p pair) error {
	if s.src.Items >= planMost || s.dst.Items >= planMost {
		return errEnough
	}
	if p.dst != nil {
		s.dst.Items++
		s.dst.Bytes += p.dst.size
	}
	if !r.takes(p.rel) {
		return nil
	}
	switch {
	case p.src == nil:
		s.gap++
		return nil
	case p.dst == nil:
		s.missing++
		s.todoBytes += p.src.size
	default:
		if err := s.both(ctx, r, p); err != nil {
			return err
		}
	}
	s.unit(p.src)
	return s.traps(ctx, r, p.src)
}

// both weighs what both sides have. A few of those that listings cannot tell apart
// are looked at; the copy compares the others.
func (s *survey) both(ctx context.Context, r *run, p pair) error {
	differs := false
	switch relate(p.src, p.dst) {
	case same:
	case other:
		differs = r.transform(p.rel) == nil
	case open:
		s.unsure++
		if r.transform(p.rel) != nil || s.unsure > lookMost {
			return nil
		}
		l, err := r.lookAtBoth(ctx, p.src, p.dst)
		if f := judge(orNil(err)); err != nil && f != changed && f != gone {
			return err
		}
		if l.decided {
			s.unsure--
		}
		differs = l.decided && !l.equal
	}
	if differs {
		s.todoBytes += p.src.size
		if s.differ++; s.differ == 1 {
			s.differExample = p.rel
		}
	}
	return nil
}

// traps counts what may go wrong with an object.
func (s *survey) traps(ctx context.Context, r *run, o *object) error {
	s.src.Items++
	s.src.Bytes += o.size
	if o.size > r.opts.CopyLimit {
		s.big++
	}
	if o.class == "GLACIER" || o.class == "DEEP_ARCHIVE" {
		if err := s.cold(ctx, r, o); err != nil {
			return err
		}
	}
	key := r.to.key(o.rel)
	if len(key) > keyLimit {
		if s.long++; s.long == 1 {
			s.longExample = o.rel
		}
	} else if what := oddity(key); what != "" {
		if s.odd++; len(s.oddities) < oddMost {
			s.oddities = append(s.oddities, fmt.Sprintf("%q %s", o.rel, what))
		}
	}
	return nil
}

// cold counts an archived object unless it is restored at the time. Only a few are
// asked for that.
func (s *survey) cold(ctx context.Context, r *run, o *object) error {
	if s.coldSeen++; s.coldSeen <= lookMost {
		out, _, err := r.head(ctx, r.from, o.rel, o.etag, false)
		if f := judge(orNil(err)); err != nil && f != changed && f != gone {
			return err
		}
		if err != nil || strings.Contains(aws.ToString(out.Restore), `ongoing-request="false"`) {
			return nil
		}
	} else if s.archived == 0 {
		return nil // those that were looked at are restored; the copy will tell
	}
	if s.archived++; s.archived == 1 {
		s.archivedExample = o.rel
	}
	return nil
}

func (s *survey) unit(o *object) {
	name := unitName(o.rel)
	if s.units[name] == nil && len(s.units) >= unitMost {
		name = otherUnits
	}
	u := s.units[name]
	if u == nil {
		u = &datamove.PlanUnit{Name: name}
		s.units[name] = u
	}
	u.Items++
	u.Bytes += o.size
}

// describe puts what was counted into the plan.
func (r *run) describe(p *datamove.Plan, s *survey) {
	rate := int64(rateStreamed)
	if r.inside.Load() {
		p.Method, rate = methodInside, rateInside
	}
	p.From.Items, p.From.Bytes, p.To.Items, p.To.Bytes = s.src.Items, s.src.Bytes, s.dst.Items, s.dst.Bytes
	for _, name := range slices.Sorted(maps.Keys(s.units)) {
		u := *s.units[name]
		u.Exact, u.How = !s.cut, p.Method
		p.Units = append(p.Units, u)
	}
	seconds := float64(s.missing+s.differ) / float64(rate)
	if p.Method == methodStreamed {
		seconds += float64(s.todoBytes) / rateBytes
	}
	p.Estimate = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	p.LeftOut = append(p.LeftOut, leftOutAlways())
	p.Findings = append(p.Findings, r.findings(s)...)
}

// findings are what a look at the listings has found.
func (r *run) findings(s *survey) []datamove.Finding {
	var all []datamove.Finding
	add := func(when bool, severity datamove.Severity, check, hint, format string, args ...any) {
		if when {
			all = append(all, datamove.Finding{Severity: severity, Check: check, Hint: hint, Message: fmt.Sprintf(format, args...)})
		}
	}
	existing := r.job.Store.Existing
	fail := existing == "" || existing == datamove.ExistingFail
	add(fail && s.differ > 0 && !r.job.Resume, datamove.Refusal, "not-empty", "say existing: replace or merge, or choose an empty prefix",
		"%d objects of the target differ from those that would be copied over them, the first is %q", s.differ, s.differExample)
	add(s.archived > 0, datamove.Refusal, "archived", "restore them first, or exclude them",
		"%d objects are archived and cannot be read, the first is %q", s.archived, s.archivedExample)
	remove := r.job.Store.S3.Delete
	add(remove && s.gap > int64(r.maxDelete()), datamove.Refusal, "delete", "look at what is there, or raise s3.maxDelete",
		"%d objects of the target are not in the source, and at most %d may be removed", s.gap, r.maxDelete())
	add(remove && s.gap > 0 && s.gap <= int64(r.maxDelete()), datamove.Warning, "delete", "", "%d objects of the target will be removed", s.gap)
	add(!remove && s.gap > 0, datamove.Note, "extra", "", "%d objects that only the target has stay", s.gap)
	add(s.big > 0, datamove.Note, "big-objects", "", "%d objects are larger than one request can copy; they go in parts", s.big)
	add(s.long > 0, datamove.Refusal, "key-too-long", "choose a shorter prefix of the target, or exclude them",
		"%d keys would be longer than %d bytes in the target, the first is %q", s.long, keyLimit, s.longExample)
	add(s.unsure > 0, datamove.Note, "unsure", "", "%d objects that both sides have can only be told apart by reading them, which the copy does", s.unsure)
	add(s.odd > 0, datamove.Warning, "odd-keys", "", "%d keys may get lost in other tools or servers: %s", s.odd, strings.Join(s.oddities, "; "))
	add(s.order, datamove.Warning, "order", "", "a listing is not in the order of keys; it is sorted in memory, which bounds how long it may be")
	add(s.cut, datamove.Note, "bounded", "", "only the first %d objects were looked at", planMost)
	add(true, datamove.Note, "consistency", "", "S3 has no snapshot: what changes while it is copied is copied as it is then")
	return all
}

// leftOutAlways is what no copy of this adapter carries over.
func leftOutAlways() datamove.LeftOut {
	return datamove.LeftOut{
		What: "access control lists, object locks, old versions, settings of the bucket",
		Why:  "they belong to the target's own set-up",
	}
}
