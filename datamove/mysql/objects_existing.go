package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
)

// kindTable is for occupants alone; objects are all but tables.
const kindTable = "table"

// occupant is something of the target that has the name of what is copied.
type occupant struct {
	kind, database, name string
	// wanted is the kind of what is copied.
	wanted string
}

// String is for people. Names may hold dots, so that it names nothing for sure.
func (x occupant) String() string { return x.kind + " " + x.database + "." + x.name }

func occupantNames(all []occupant) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = x.String()
	}
	return out
}

// place is where a name can be taken once.
type place struct{ database, space, name string }

// occupied reports what the target has that the copy would write: tables and objects
// of the same name, whatever their kind is there.
func occupied(s, there *schema, o ddlOptions) []occupant {
	taken := map[place]occupant{}
	for _, t := range there.tables {
		taken[o.place(t.database, "", t.name)] = occupant{kind: kindTable, database: t.database, name: t.name}
	}
	for _, b := range there.objects() {
		taken[o.place(b.database, nameSpace(b.kind), b.name)] = occupant{kind: b.kind, database: b.database, name: b.name}
	}
	var out []occupant
	add := func(kind, database, name string) {
		if x, ok := taken[o.place(o.target(database), nameSpace(kind), name)]; ok {
			x.wanted = kind
			out = append(out, x)
		}
	}
	for _, t := range s.tables {
		add(kindTable, t.database, t.name)
	}
	for _, b := range s.objects() {
		add(b.kind, b.database, b.name)
	}
	return out
}

// nameSpace is empty for what shares its names with tables.
func nameSpace(kind string) string {
	if kind == kindTable || kind == kindView || kind == kindSequence {
		return ""
	}
	return kind
}

// clearTarget removes from the target what the copy will write, for existing=replace:
// whatever has the name of something that is copied, and triggers go with their
// tables. Everything else stays.
func clearTarget(ctx context.Context, to querier, s *schema, o ddlOptions) error {
	if o.existing != datamove.ExistingReplace {
		return fmt.Errorf("clear the target: existing is %s", o.existing)
	}
	there, err := readTarget(ctx, to, s, o)
	if err != nil {
		return fmt.Errorf("clear the target: %w", err)
	}
	if _, err := to.ExecContext(ctx, "SET foreign_key_checks = 0"); err != nil {
		return fmt.Errorf("clear the target: %w", err)
	}
	for _, x := range occupied(s, there, o) {
		if err := dropOne(ctx, to, x.kind, x.database, x.name); err != nil {
			return err
		}
	}
	return nil
}

func dropOne(ctx context.Context, to querier, kind, database, name string) error {
	for _, statement := range dropStatements(kind, database, name) {
		if _, err := to.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
