package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// reference is a foreign key whose rows may have lost what they refer to: while rows
// are written, no server checks any.
type reference struct {
	name             string // database.table.key in the target
	child, parent    string // quoted, in the target
	columns, refs    []string
	source, sourceOf string // child and parent in the source, quoted; empty for what is not copied
	where            string // of the child's rows in the source
}

// orphans looks for rows of the target that refer to nothing, where that can have
// come about: in a subset, a merge, beside tables that are not copied. Whole tables
// that are proven equal to those of the source break no more keys than those.
func (r *run) orphans(ctx context.Context) error {
	all := r.references()
	if r.options.existing == datamove.ExistingReplace && r.changed {
		theirs, err := r.foreignReferences(ctx)
		if err != nil {
			return explain(err, r.to)
		}
		all = append(all, theirs...)
	}
	for _, f := range all {
		if err := r.orphansOf(ctx, f); err != nil {
			return fmt.Errorf("find rows of foreign key %s that refer to nothing: %w", f.name, err)
		}
	}
	return nil
}

// references are those of tables that are copied.
func (r *run) references() []reference {
	partial := r.job.Store.MySQL.Subset.Table != "" || r.merges()
	var out []reference
	for _, s := range r.states {
		dangling := r.options.dangling(s.plan.table)
		for _, f := range s.plan.table.foreign {
			if s.absent || dangling[f.name] || f.copied && !partial {
				continue
			}
			out = append(out, reference{
				name:  r.targetOf(s.plan.table.database) + "." + s.plan.table.name + "." + f.name,
				child: s.plan.target, parent: syntax.QuoteName(r.targetOf(f.refDatabase)) + "." + syntax.QuoteName(f.refTable),
				columns: f.columns, refs: f.refColumns, where: s.plan.where,
				source: s.plan.table.quoted(), sourceOf: syntax.QuoteName(f.refDatabase) + "." + syntax.QuoteName(f.refTable),
			})
		}
	}
	return out
}

// foreignReferences are keys of tables that only the target has, to those that were replaced.
func (r *run) foreignReferences(ctx context.Context) ([]reference, error) {
	copied := map[place]bool{}
	var databases []string
	for _, s := range r.states {
		database := r.targetOf(s.plan.table.database)
		copied[r.options.place(database, "", s.plan.table.name)] = true
		databases = append(databases, syntax.QuoteText(database))
	}
	if len(databases) == 0 {
		return nil, nil
	}
	slices.Sort(databases)
	rows, err := records(ctx, r.target, "SELECT * FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA IN ("+
		strings.Join(slices.Compact(databases), ",")+") ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION")
	if err != nil {
		return nil, err
	}
	var out []reference
	for _, row := range rows {
		to := r.options.place(row["REFERENCED_TABLE_SCHEMA"], "", row["REFERENCED_TABLE_NAME"])
		if !copied[to] || copied[r.options.place(row["TABLE_SCHEMA"], "", row["TABLE_NAME"])] {
			continue
		}
		name := row["TABLE_SCHEMA"] + "." + row["TABLE_NAME"] + "." + row["CONSTRAINT_NAME"]
		if n := len(out); n == 0 || out[n-1].name != name {
			out = append(out, reference{
				name: name, child: syntax.QuoteName(row["TABLE_SCHEMA"]) + "." + syntax.QuoteName(row["TABLE_NAME"]),
				parent: syntax.QuoteName(row["REFERENCED_TABLE_SCHEMA"]) + "." + syntax.QuoteName(row["REFERENCED_TABLE_NAME"]),
			})
		}
		last := &out[len(out)-1]
		last.columns, last.refs = append(last.columns, row["COLUMN_NAME"]), append(last.refs, row["REFERENCED_COLUMN_NAME"])
	}
	return out, nil
}

// orphansOf reports rows that refer to nothing, and whether the source has as many.
func (r *run) orphansOf(ctx context.Context, f reference) error {
	var target, source int64
	err := r.target.QueryRowContext(ctx, f.count(f.child, f.parent, "")).Scan(&target)
	if code := codeOf(err); code == 1146 || code == 1054 || err == nil && target == 0 {
		return nil // a table that is missing is reported already
	}
	if err != nil {
		return explain(err, r.to)
	}
	if f.source != "" {
		err := r.conn().QueryRowContext(ctx, f.count(f.source, f.sourceOf, f.where)).Scan(&source)
		if err != nil && codeOf(err) == 0 {
			return explain(err, r.from)
		}
	}
	if r.merges() {
		r.notes.Warn("foreign key %s: %d rows of the target refer to what is not there; in the source %d", f.name, target, source)
		return nil
	}
	r.part.Objects = append(r.part.Objects, datamove.Object{
		Kind: "foreign key", Name: f.name, Equal: target == source,
		Changed: fmt.Sprintf("%d rows refer to what is not there; in the source %d", target, source),
	})
	return nil
}

// count is the SELECT of rows that refer to nothing.
func (f reference) count(child, parent, where string) string {
	var conditions, same []string
	if where != "" {
		conditions = append(conditions, "("+where+")")
	}
	for i, c := range f.columns {
		column := child + "." + syntax.QuoteName(c)
		conditions = append(conditions, column+" IS NOT NULL")
		same = append(same, "parent."+syntax.QuoteName(f.refs[i])+" = "+column)
	}
	return "SELECT COUNT(*) FROM " + child + " WHERE " + strings.Join(conditions, " AND ") +
		" AND NOT EXISTS (SELECT 1 FROM " + parent + " AS parent WHERE " + strings.Join(same, " AND ") + ")"
}
