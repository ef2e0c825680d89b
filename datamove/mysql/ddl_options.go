package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// flavour is the product and version of a server.
type flavour struct {
	mariaDB             bool
	major, minor, patch int
	text                string
}

// product is its name for people.
func (f flavour) product() string {
	if f.mariaDB {
		return "MariaDB"
	}
	return "MySQL"
}

// atLeast compares versions.
func (f flavour) atLeast(major, minor, patch int) bool {
	have, want := [3]int{f.major, f.minor, f.patch}, [3]int{major, minor, patch}
	for i := range have {
		if have[i] != want[i] {
			return have[i] > want[i]
		}
	}
	return true
}

// like says whether both print definitions in the same way.
func (f flavour) like(other flavour) bool {
	return f.mariaDB == other.mariaDB && f.major == other.major && f.minor == other.minor
}

// flavourOf reads VERSION(): "10.11.19-MariaDB-deb12", "8.4.3".
func flavourOf(version string) flavour {
	f := flavour{text: version, mariaDB: strings.Contains(strings.ToLower(version), "mariadb")}
	plain := strings.TrimPrefix(version, "5.5.5-") // what MariaDB answers old clients
	plain, _, _ = strings.Cut(plain, "-")
	parts := strings.Split(plain, ".")
	for i, to := range []*int{&f.major, &f.minor, &f.patch} {
		if i < len(parts) {
			*to, _ = strconv.Atoi(parts[i])
		}
	}
	return f
}

// ddlOptions say how the source's definitions become those of the target.
type ddlOptions struct {
	// target is the name in the target of a database of the source.
	target      func(database string) string
	definer     string
	keepIndexes bool
	existing    datamove.Existing
	resume      bool
	// stage is that which the run had come to before.
	stage    stage
	from, to flavour
	// collations are those of the target with their charsets.
	collations map[string]string
	// folds says that the target has no two names that differ in case only.
	folds bool
	// tables are those that the target had when it was asked, by database and name.
	tables map[[2]string]bool
}

// newDDLOptions asks both servers what they are.
func newDDLOptions(ctx context.Context, from, to querier, j datamove.Job, target func(database string) string) (ddlOptions, error) {
	o := ddlOptions{
		target: target, definer: j.Store.MySQL.Definer, keepIndexes: j.Store.MySQL.KeepIndexes,
		existing: j.Store.Existing, resume: j.Resume,
	}
	if o.existing == "" {
		o.existing = datamove.ExistingFail
	}
	var source, sink, user string
	if err := from.QueryRowContext(ctx, "SELECT VERSION()").Scan(&source); err != nil {
		return o, fmt.Errorf("ask the source for its version: %w", err)
	}
	if err := to.QueryRowContext(ctx, "SELECT VERSION(), CURRENT_USER()").Scan(&sink, &user); err != nil {
		return o, fmt.Errorf("ask the target for its version: %w", err)
	}
	if o.definer == "" {
		o.definer = user
	}
	o.from, o.to = flavourOf(source), flavourOf(sink)
	if o.resume {
		o.stage = stageObjects // a copy asks the ledger
	}
	fold, err := variable(ctx, to, "lower_case_table_names")
	if err != nil {
		return o, err
	}
	o.folds = fold != "" && fold != "0"
	if o.tables, err = tableNames(ctx, to); err != nil {
		return o, err
	}
	o.collations, err = readCollations(ctx, to)
	return o, err
}

func tableNames(ctx context.Context, q querier) (map[[2]string]bool, error) {
	rows, err := records(ctx, q, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES")
	out := map[[2]string]bool{}
	for _, row := range rows {
		out[[2]string{row["TABLE_SCHEMA"], row["TABLE_NAME"]}] = true
	}
	return out, err
}

// collation is the target's name of a collation; the same when there is none, so
// that the target refuses it by name.
func (o ddlOptions) collation(name string) string {
	if to, ok := mapCollation(name, o.collations); ok {
		return to
	}
	return name
}

// place is where a name of the target is taken.
func (o ddlOptions) place(database, space, name string) place {
	if o.folds {
		return place{strings.ToLower(database), space, strings.ToLower(name)}
	}
	return place{database, space, name}
}

// counterpart is the target's table for one of the source, nil when it is not there.
func (o ddlOptions) counterpart(there *schema, t *table) *table {
	want := o.place(o.target(t.database), "", t.name)
	i := slices.IndexFunc(there.tables, func(have *table) bool { return o.place(have.database, "", have.name) == want })
	if i < 0 {
		return nil
	}
	return there.tables[i]
}

// targetTable is how the table is named in statements of the target.
func (o ddlOptions) targetTable(t *table) string {
	return syntax.QuoteName(o.target(t.database)) + "." + syntax.QuoteName(t.name)
}

// tableStatement is the CREATE TABLE of the target for a database that is chosen.
func (o ddlOptions) tableStatement(t *table, ifNotExists bool) (string, error) {
	parsed, _, err := o.targetDefinition(t)
	if err != nil {
		return "", err
	}
	later := o.later(t)
	dangling := o.dangling(t)
	return parsed.Statement(t.name, ifNotExists, func(d syntax.Definition) bool {
		switch d.Kind {
		case syntax.DefineKey:
			return !later[d.Name]
		case syntax.DefineForeign:
			return !dangling[d.Name]
		default:
			return true
		}
	}), nil
}

// later are the names of the indexes that are made after the rows.
func (o ddlOptions) later(t *table) map[string]bool {
	out := map[string]bool{}
	if !o.keepIndexes {
		for _, name := range t.deferred() {
			out[name] = true
		}
	}
	return out
}

// targetDefinition is the table's definition in the words of the target.
func (o ddlOptions) targetDefinition(t *table) (parsed syntax.CreateTable, changed []string, err error) {
	tokens, err := syntax.Lex(t.create, syntax.Dialect{})
	if err != nil {
		return syntax.CreateTable{}, nil, fmt.Errorf("table %s: %w", t.id(), err)
	}
	tokens, changed = syntax.MapCollations(tokens, o.collation)
	tokens, left := syntax.MoveDatabase(tokens, t.database, o.target(t.database), t.siblings)
	if left {
		changed = append(changed, "still names database "+t.database)
	}
	parsed, err = syntax.ParseTable(syntax.Join(o.translate(tokens)))
	if err != nil {
		return syntax.CreateTable{}, nil, fmt.Errorf("table %s: %w", t.id(), err)
	}
	return parsed, changed, nil
}

// dangling are the foreign keys of a table that refer to one that is neither copied
// nor in the target.
func (o ddlOptions) dangling(t *table) map[string]bool {
	out := map[string]bool{}
	for _, f := range t.foreign {
		if !f.copied && !o.tables[[2]string{o.target(f.refDatabase), f.refTable}] {
			out[f.name] = true
		}
	}
	return out
}

// indexStatement is the one ALTER that adds the deferred indexes whose names want
// holds; empty when there are none.
func (o ddlOptions) indexStatement(t *table, want func(name string) bool) (string, error) {
	parsed, _, err := o.targetDefinition(t)
	if err != nil {
		return "", err
	}
	later := o.later(t)
	var adds []string
	for _, d := range parsed.Definitions {
		if d.Kind == syntax.DefineKey && later[d.Name] && want(d.Name) {
			adds = append(adds, "ADD "+d.Text())
		}
	}
	if len(adds) == 0 {
		return "", nil
	}
	return "ALTER TABLE " + o.targetTable(t) + "\n  " + strings.Join(adds, ",\n  "), nil
}
