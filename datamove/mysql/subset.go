package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/events"
)

// subset gives every table the condition that its rows must meet: the root rows,
// and whatever they refer to by foreign keys, over any number of steps. Tables that
// nothing refers to stay empty.
func (r *run) subset(ctx context.Context) error {
	want := r.job.Store.MySQL.Subset
	if want.Table == "" {
		return nil
	}
	root := r.stateOf(want.Table)
	if root == nil {
		return events.Errorf(events.KindInvalid, "see subset.table", "the subset's table %q is not among those that are copied", want.Table)
	}
	c := closure{run: r, conditions: map[*tablePlan][]string{}}
	first, err := rootCondition(root.plan, want)
	if err != nil {
		return err
	}
	c.conditions[root.plan] = []string{first}
	plans, err := c.order(root.plan)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if err := c.pass(p); err != nil {
			return err
		}
		// A condition that is no SQL must be known before anything is changed.
		if _, err := records(ctx, r.conn(), "SELECT 1 FROM "+p.table.quoted()+p.condition(span{})+" LIMIT 0"); err != nil {
			return events.Errorf(events.KindInvalid, "see subset.where", "the subset's condition on table %s: %w", p.table.id(), err)
		}
	}
	for _, s := range r.states {
		if s.plan.where == "" {
			s.plan.where = "FALSE"
			r.notes.LeaveOut(datamove.LeftOut{What: "rows of table " + s.plan.table.id(), Why: "no row of the subset refers to them"})
		}
	}
	return nil
}

// stateOf finds "table" or "database.table".
func (r *run) stateOf(name string) *tableState {
	for _, s := range r.states {
		if s.plan.table.name == name || s.plan.table.id() == name {
			return s
		}
	}
	return nil
}

// rootCondition is the condition of the document, with its limit by the key.
func rootCondition(p *tablePlan, want datamove.Subset) (string, error) {
	condition := want.Where
	if condition == "" {
		condition = "TRUE"
	}
	if want.Limit <= 0 {
		return condition, nil
	}
	if p.key == nil {
		return "", events.Errorf(events.KindInvalid, "leave subset.limit out", "table %s has no key by which a number of its rows could be chosen", p.table.id())
	}
	names := make([]string, len(p.key))
	for i, c := range p.key {
		names[i] = c.name
	}
	key := nameList(names)
	return fmt.Sprintf("(%s) IN (SELECT * FROM (SELECT %s FROM %s WHERE %s%s LIMIT %d) AS roots)",
		key, key, p.table.quoted(), condition, order(p.key), want.Limit), nil
}

// closure follows foreign keys from tables to those that they refer to.
type closure struct {
	run        *run
	conditions map[*tablePlan][]string
}

// parents are the tables that the table's rows refer to, itself left out.
func (c *closure) parents(p *tablePlan) []*tablePlan {
	var out []*tablePlan
	for _, fk := range p.table.foreign {
		parent := c.parent(fk)
		if parent != nil && parent != p && !slices.Contains(out, parent) {
			out = append(out, parent)
		}
	}
	return out
}

// parent is nil for a table that is not copied.
func (c *closure) parent(fk foreignKey) *tablePlan {
	for _, s := range c.run.states {
		if s.plan.table.database == fk.refDatabase && s.plan.table.name == fk.refTable {
			return s.plan
		}
	}
	return nil
}

// order is that in which conditions are complete: a table comes after all that
// refer to it.
func (c *closure) order(root *tablePlan) ([]*tablePlan, error) {
	var out []*tablePlan
	const under, done = 1, 2
	state := map[*tablePlan]int{}
	var visit func(p *tablePlan) error
	visit = func(p *tablePlan) error {
		switch state[p] {
		case done:
			return nil
		case under:
			return events.Errorf(events.KindInvalid, "exclude one of its tables, or copy all rows",
				"the subset cannot be taken: foreign keys lead from table %s over others back to it", p.table.id())
		}
		state[p] = under
		for _, parent := range c.parents(p) {
			if err := visit(parent); err != nil {
				return err
			}
		}
		state[p] = done
		out = append(out, p)
		return nil
	}
	err := visit(root)
	slices.Reverse(out)
	return out, err
}

// pass fixes the condition of a table and hands it on to those that it refers to.
func (c *closure) pass(p *tablePlan) error {
	condition := strings.Join(c.conditions[p], " OR ")
	if len(c.conditions[p]) > 1 {
		condition = "(" + condition + ")"
	}
	condition, err := c.selfClosed(p, condition)
	if err != nil {
		return err
	}
	p.where = condition
	for _, fk := range p.table.foreign {
		parent := c.parent(fk)
		if parent == nil || parent == p {
			continue
		}
		c.conditions[parent] = append(c.conditions[parent],
			fmt.Sprintf("(%s) IN (SELECT %s FROM %s WHERE %s)", nameList(fk.refColumns), nameList(fk.columns), p.table.quoted(), condition))
	}
	return nil
}

// own are the foreign keys by which a table refers to itself.
func (c *closure) own(p *tablePlan) []foreignKey {
	var own []foreignKey
	for _, fk := range p.table.foreign {
		if c.parent(fk) == p {
			own = append(own, fk)
		}
	}
	return own
}

// selfClosed adds what the rows refer to in their own table, such as managers of
// employees.
func (c *closure) selfClosed(p *tablePlan, condition string) (string, error) {
	own := c.own(p)
	if len(own) == 0 {
		return condition, nil
	}
	ref := own[0].refColumns
	var begin, step []string
	for _, fk := range own {
		if !slices.Equal(fk.refColumns, ref) {
			return "", events.Errorf(events.KindInvalid, "copy all rows", "the subset cannot be taken: table %s refers to itself by different keys", p.table.id())
		}
		begin = append(begin, fmt.Sprintf("SELECT %s FROM %s WHERE %s", nameList(fk.columns), p.table.quoted(), condition))
		step = append(step, fmt.Sprintf("SELECT %s FROM %s AS t JOIN above ON %s", qualified("t", fk.columns), p.table.quoted(), joined(ref)))
	}
	names := make([]string, len(ref))
	for i := range ref {
		names[i] = fmt.Sprintf("k%d", i)
	}
	return fmt.Sprintf("(%s OR (%s) IN (WITH RECURSIVE above(%s) AS (%s UNION %s) SELECT * FROM above))",
		condition, nameList(ref), strings.Join(names, ","), strings.Join(begin, " UNION "), strings.Join(step, " UNION ")), nil
}

func nameList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = syntax.QuoteName(n)
	}
	return strings.Join(quoted, ",")
}

func qualified(table string, names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = table + "." + syntax.QuoteName(n)
	}
	return strings.Join(quoted, ",")
}

// joined compares the key of a table t with the columns of above.
func joined(ref []string) string {
	parts := make([]string, len(ref))
	for i, n := range ref {
		parts[i] = fmt.Sprintf("t.%s = above.k%d", syntax.QuoteName(n), i)
	}
	return strings.Join(parts, " AND ")
}
