package mysql

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
)

// occupied names what the target has that the copy would write: tables and objects
// of the same name, whatever their kind is there.
func occupied(s, there *schema, o ddlOptions) []string {
	var out []string
	for _, d := range s.databases {
		taken := map[string]string{}
		for _, t := range there.tables {
			if t.database == o.target(d.name) {
				taken[t.name] = "table " + t.id()
			}
		}
		for _, b := range there.objects() {
			if b.database == o.target(d.name) {
				taken[nameSpace(b.kind)+b.name] = b.kind + " " + b.id()
			}
		}
		out = append(out, d.clashes(s, taken)...)
	}
	return out
}

func (d databaseInfo) clashes(s *schema, taken map[string]string) []string {
	var out []string
	for _, t := range s.tables {
		if what, ok := taken[t.name]; ok && t.database == d.name {
			out = append(out, what)
		}
	}
	for _, b := range s.objects() {
		if what, ok := taken[nameSpace(b.kind)+b.name]; ok && b.database == d.name {
			out = append(out, what)
		}
	}
	return out
}

// nameSpace is empty for what shares its names with tables.
func nameSpace(kind string) string {
	if kind == kindView || kind == kindSequence {
		return ""
	}
	return kind + " "
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
	for _, what := range occupied(s, there, o) {
		if err := drop(ctx, to, there, what); err != nil {
			return err
		}
	}
	return nil
}

// drop removes "kind database.name" as occupied writes it.
func drop(ctx context.Context, to querier, there *schema, what string) error {
	for _, t := range there.tables {
		if what == "table "+t.id() {
			return dropOne(ctx, to, "table", t.database, t.name)
		}
	}
	for _, b := range there.objects() {
		if what == b.kind+" "+b.id() {
			return dropOne(ctx, to, b.kind, b.database, b.name)
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
