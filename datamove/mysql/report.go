package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// failed is the part of a run that could not begin.
func failed(j datamove.Job, err error) (datamove.Part, error) {
	return outcome.Conclude(datamove.Part{Name: j.Store.Name, Store: datamove.StoreMySQL}, err, false)
}

// finish completes the part, whatever has happened.
func (r *run) finish(err error) (datamove.Part, error) {
	r.part.Took = events.Duration(r.job.Now().Sub(r.began))
	for _, s := range r.states {
		r.part.Bytes += s.bytes
	}
	r.notes.Fill(&r.part)
	return outcome.Conclude(r.part, err, r.changed)
}

// equal says whether the part as it is now is equal.
func (r *run) equal() bool {
	p := r.part
	r.notes.Fill(&p)
	return p.Judge() == datamove.Equal
}

// report takes in what became of everything but rows.
func (r *run) report(o objectsReport) {
	r.part.Objects = append(r.part.Objects, o.objects...)
	r.notes.LeaveOut(o.leftOut...)
	for _, warning := range o.warnings {
		r.notes.Warn("%s", warning)
	}
}

// units reports the tables, and what is not the same in them.
func (r *run) units(ctx context.Context) error {
	for _, s := range r.states {
		unit := s.unit()
		s.masks(r.job.Mask, &r.notes)
		if !unit.Equal && !s.absent {
			if err := r.comparer().narrow(ctx, s); err != nil {
				return fmt.Errorf("find the rows of table %s that differ: %w", unit.Name, err)
			}
			unit = r.withoutKept(s, unit)
		}
		r.part.Units = append(r.part.Units, unit)
	}
	return nil
}

// withoutKept leaves the rows out that were in the target before a merge and that
// the source does not have.
func (r *run) withoutKept(s *tableState, u datamove.Unit) datamove.Unit {
	if s.kept.Items == 0 {
		return u
	}
	var source, target checksum.Sum
	for _, d := range s.done {
		source.Add(d.source)
		target.Add(d.target)
	}
	target = target.Less(s.kept)
	u.Target, u.Chunks, u.Equal = target.Report(), nil, source == target
	r.notes.Warn("merge: %d rows of table %s that the source does not have were kept; they are not in the target's count", s.kept.Items, u.Name)
	return u
}

// unit is the report of a table.
func (s *tableState) unit() datamove.Unit {
	u := datamove.Unit{Name: s.plan.table.id(), Copied: s.copied, Equal: len(s.done) > 0}
	var source, target checksum.Sum
	for _, d := range s.done {
		source.Add(d.source)
		target.Add(d.target)
		u.Equal = u.Equal && d.compared && d.source == d.target
		if !d.span.everything() || len(s.done) > 1 {
			u.Chunks = append(u.Chunks, datamove.Chunk{Range: d.span.String(), Source: d.source.Report(), Target: d.target.Report()})
		}
	}
	u.Source, u.Target = source.Report(), target.Report()
	u.Source.Bytes = s.bytes
	return u
}

// masks notes what was masked in a table.
func (s *tableState) masks(m datamove.Masker, notes *outcome.Notes) {
	for i, t := range s.plan.transforms(m) {
		if t == nil {
			continue
		}
		count := int64(0)
		if i < len(s.masked) {
			count = s.masked[i]
		}
		notes.Mask(s.plan.table.id()+"."+s.plan.columns[i].name, t.As(), count)
	}
}
