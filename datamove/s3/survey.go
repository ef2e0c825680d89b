package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/shakedown-dev/shakedown/datamove"
)

const (
	// planMost is how many objects of each side a plan lists.
	planMost = 100_000
	// inspectMost is how many objects of a sort are inspected one by one.
	inspectMost = 100
	// oddMost is how many odd keys are named.
	oddMost = 5
)

// errEnough ends a listing that need not be read on.
var errEnough = errors.New("enough")

// count is how many objects there are of a sort, and the first of them.
type count struct {
	n     int64
	first string
}

func (c *count) add(rel string) {
	if c.n++; c.n == 1 {
		c.first = rel
	}
}

// survey is what a plan counts.
type survey struct {
	units    map[string]*datamove.PlanUnit
	src, dst datamove.Sum
	// missing are only in the source, extra only in the target.
	missing, extra int64
	todoBytes      int64
	differ         count
	// undecided are those that neither listings nor an inspection tell apart.
	undecided int64
	// big are too large for one request, cold were asked whether they are archived, long
	// would have keys that are too long in the target.
	big, cold      int64
	archived, long count
	odd            int64
	oddities       []string
	// truncated says that not everything was listed, disorder that a listing is not in
	// the order of keys.
	truncated, disorder bool
}

// survey lists both sides, up to a bound.
func (r *run) survey(ctx context.Context) (*survey, error) {
	s := &survey{units: map[string]*datamove.PlanUnit{}}
	err := joined(ctx, r.from, r.to, false, func(k pair) error { return s.add(ctx, r, k) })
	if errors.Is(err, errDisorder) {
		s = &survey{units: map[string]*datamove.PlanUnit{}, disorder: true}
		err = joined(ctx, r.from, r.to, true, func(k pair) error { return s.add(ctx, r, k) })
	}
	if errors.Is(err, errEnough) {
		s.truncated, err = true, nil
	}
	return s, err
}

func (s *survey) add(ctx context.Context, r *run, k pair) error {
	if s.src.Items >= planMost || s.dst.Items >= planMost {
		return errEnough
	}
	if k.dst != nil {
		s.dst.Items++
		s.dst.Bytes += k.dst.size
	}
	switch {
	case !r.includes(k.rel):
		return nil
	case k.src == nil:
		s.extra++
		return nil
	case k.dst == nil:
		s.missing++
		s.todoBytes += k.src.size
	default:
		if err := s.both(ctx, r, k); err != nil {
			return err
		}
	}
	s.unit(k.src)
	return s.hazards(ctx, r, k.src)
}

// both compares what both sides have. A few of those that listings cannot tell apart
// are inspected; the copy compares the others.
func (s *survey) both(ctx context.Context, r *run, k pair) error {
	differs := false
	switch relate(k.src, k.dst) {
	case same:
	case other:
		differs = r.copier.transform(k.rel) == nil
	case open:
		var err error
		if differs, err = s.inspect(ctx, r, k); err != nil {
			return err
		}
	}
	if differs {
		s.todoBytes += k.src.size
		s.differ.add(k.rel)
	}
	return nil
}

// inspect says whether what both sides have is seen to differ, where it may be inspected.
func (s *survey) inspect(ctx context.Context, r *run, k pair) (differs bool, err error) {
	s.undecided++
	if r.copier.transform(k.rel) != nil || s.undecided > inspectMost {
		return false, nil
	}
	found, err := inspect(ctx, r.from, r.to, k.src, k.dst)
	if err != nil && !is(err, changed) && !is(err, gone) {
		return false, err
	}
	if found.decided {
		s.undecided--
	}
	return found.decided && !found.equal, nil
}

// hazards counts what may go wrong with an object.
func (s *survey) hazards(ctx context.Context, r *run, o *object) error {
	s.src.Items++
	s.src.Bytes += o.size
	if o.size > r.copier.copyLimit {
		s.big++
	}
	if o.class == "GLACIER" || o.class == "DEEP_ARCHIVE" {
		if err := s.addArchived(ctx, r, o); err != nil {
			return err
		}
	}
	key := r.to.key(o.rel)
	if len(key) > keyLimit {
		s.long.add(o.rel)
	} else if what := oddity(key); what != "" {
		if s.odd++; len(s.oddities) < oddMost {
			s.oddities = append(s.oddities, fmt.Sprintf("%q %s", o.rel, what))
		}
	}
	return nil
}

// addArchived counts an archived object unless it is restored at the time. Only a few
// are asked for that.
func (s *survey) addArchived(ctx context.Context, r *run, o *object) error {
	if s.cold++; s.cold <= inspectMost {
		out, _, err := r.from.head(ctx, o.rel, o.etag, false)
		if err != nil && !is(err, changed) && !is(err, gone) {
			return err
		}
		if err != nil || strings.Contains(aws.ToString(out.Restore), `ongoing-request="false"`) {
			return nil
		}
	} else if s.archived.n == 0 {
		return nil // those that were asked for are restored; the copy will find out
	}
	s.archived.add(o.rel)
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
