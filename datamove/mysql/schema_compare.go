package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// compareObjects reads the target's definitions anew and compares them with what the
// source's become there: tables, their indexes, and everything beside them. It
// changes nothing. What only the target has is reported in warnings.
func compareObjects(ctx context.Context, to querier, s *schema, o ddlOptions) (objectsReport, error) {
	there, err := readTarget(ctx, to, s, o)
	if err != nil {
		return objectsReport{}, fmt.Errorf("compare the objects: %w", err)
	}
	var out objectsReport
	for _, t := range s.tables {
		out.compareTable(t, o.counterpart(there, t), o)
	}
	found := map[place]object{}
	for _, b := range there.objects() {
		found[o.place(b.database, b.kind, b.name)] = b
	}
	for _, b := range s.objects() {
		have, ok := found[o.place(o.target(b.database), b.kind, b.name)]
		out.compareObject(s, b, have, ok, o)
	}
	out.compareCollations(s, there, o)
	out.extras(s, there, o)
	return out, nil
}

// compareCollations warns of databases that have another collation than in the source.
func (out *objectsReport) compareCollations(s, there *schema, o ddlOptions) {
	for _, d := range s.databases {
		have := there.database(o.target(d.name))
		if want := o.collation(d.collation); have.collation != "" && have.collation != want {
			out.warnings = append(out.warnings, fmt.Sprintf("database %s was there with the collation %s, in the source it has %s", have.name, have.collation, want))
		}
	}
}

// readTarget reads the target's databases; those that are not there are empty.
func readTarget(ctx context.Context, to querier, s *schema, o ddlOptions) (*schema, error) {
	names := map[string]bool{}
	rows, err := records(ctx, to, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		names[row["SCHEMA_NAME"]] = true
	}
	var have []string
	for _, d := range s.databases {
		if names[o.target(d.name)] {
			have = append(have, o.target(d.name))
		}
	}
	return readSchema(ctx, to, have, datamove.Filter{})
}

// compareTable adds the table and each of its indexes.
func (out *objectsReport) compareTable(t, have *table, o ddlOptions) {
	name := o.target(t.database) + "." + t.name
	if have == nil {
		out.objects = append(out.objects, datamove.Object{Kind: "table", Name: name, Changed: "it is missing in the target"})
		return
	}
	changed, more, err := o.tableDifferences(t, have)
	if err != nil {
		changed = []string{err.Error()}
	}
	if o.existing != datamove.ExistingMerge {
		changed, more = append(changed, more...), nil
	}
	made := datamove.Object{Kind: "table", Name: name, Equal: len(changed) == 0, Changed: strings.Join(changed, "; ")}
	if made.Equal {
		_, mapped, _ := o.targetDefinition(t)
		made.Changed = strings.Join(slices.Concat(mapped, o.leftOutKeys(t), more), "; ")
	}
	out.objects = append(out.objects, made)
	for _, ix := range t.indexes {
		out.compareIndex(name, ix, have)
	}
}

func (o ddlOptions) leftOutKeys(t *table) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(o.dangling(t))) {
		out = append(out, "without foreign key "+name+": the table that it refers to is not copied")
	}
	return out
}

func (out *objectsReport) compareIndex(table string, ix index, have *table) {
	made := datamove.Object{Kind: "index", Name: table + "." + ix.name, Changed: "it is missing in the target"}
	for _, other := range have.indexes {
		if strings.EqualFold(other.name, ix.name) {
			made.Equal = ix.text() == other.text()
			made.Changed = ""
			if !made.Equal {
				made.Changed = "source: " + ix.text() + "; target: " + other.text()
			}
		}
	}
	out.objects = append(out.objects, made)
}

// text is what is indexed, how much of it and in which order.
func (p indexPart) text() string {
	text := p.column + p.expression
	if p.prefix > 0 {
		text += fmt.Sprintf("(%d)", p.prefix)
	}
	if p.descending {
		text += " desc"
	}
	return text
}

// text is the index as information_schema.STATISTICS describes it.
func (ix index) text() string {
	var b strings.Builder
	if ix.unique {
		b.WriteString("unique ")
	}
	b.WriteString(strings.ToLower(ix.kind) + " (")
	for i, p := range ix.parts {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.text())
	}
	b.WriteString(")")
	if ix.ignored {
		b.WriteString(" ignored")
	}
	if ix.comment != "" {
		b.WriteString(" comment " + syntax.QuoteText(ix.comment))
	}
	return b.String()
}

// tableDifferences says in what the target's table differs from what it should be, and
// what it has more. Servers of one version print definitions alike, so that these are compared whole;
// of others the parts are.
func (o ddlOptions) tableDifferences(t, have *table) (other, more []string, err error) {
	if !o.from.like(o.to) {
		return o.partDifferences(t, have), nil, nil
	}
	want, _, err := o.targetDefinition(t)
	if err != nil {
		return nil, nil, err
	}
	got, err := syntax.ParseTable(have.create)
	if err != nil {
		return nil, nil, fmt.Errorf("table %s: %w", have.id(), err)
	}
	dangling := o.dangling(t)
	want.Definitions = slices.DeleteFunc(want.Definitions, func(d syntax.Definition) bool {
		return d.Kind == syntax.DefineForeign && dangling[d.Name]
	})
	if o.folds {
		o.foldForeign(want, got)
	}
	other, more = definitionDifferences(want, got)
	return other, more, nil
}

// foldForeign folds the names of tables in the foreign keys.
func (o ddlOptions) foldForeign(want, got syntax.CreateTable) {
	for i, d := range got.Definitions {
		if d.Kind == syntax.DefineForeign {
			got.Definitions[i].Tokens = o.likeIn(want, d)
		}
	}
}

// likeIn are the tokens of the definition of the same name if they mean the same,
// else its own.
func (o ddlOptions) likeIn(want syntax.CreateTable, d syntax.Definition) []syntax.Token {
	for _, w := range want.Definitions {
		if w.Label() == d.Label() && o.sameMeaning(syntax.Meaning(w.Tokens), syntax.Meaning(d.Tokens)) {
			return w.Tokens
		}
	}
	return d.Tokens
}

// sameMeaning compares texts; quoted names without regard to case where the target
// folds them.
func (o ddlOptions) sameMeaning(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool {
		return x == y || o.folds && strings.HasPrefix(x, "`") && strings.EqualFold(x, y)
	})
}

// labelled are the definitions of a table by their labels.
func labelled(c syntax.CreateTable) map[string]syntax.Definition {
	out := map[string]syntax.Definition{}
	for _, d := range c.Definitions {
		out[d.Label()] = d
	}
	return out
}

func definitionDifferences(want, got syntax.CreateTable) (out, more []string) {
	have := labelled(got)
	for _, d := range want.Definitions {
		other, ok := have[d.Label()]
		delete(have, d.Label())
		switch {
		case !ok:
			out = append(out, d.Label()+" is missing")
		case !slices.Equal(syntax.Meaning(d.Tokens), syntax.Meaning(other.Tokens)):
			out = append(out, d.Label()+" differs: "+other.Text())
		}
	}
	for _, label := range slices.Sorted(maps.Keys(have)) {
		more = append(more, label+" is not in the source")
	}
	if !slices.Equal(columnOrder(want), columnOrder(got)) && len(out)+len(more) == 0 {
		out = append(out, "the order of its columns differs")
	}
	if a, b := syntax.DropCounter(want.Options), syntax.DropCounter(got.Options); !slices.Equal(syntax.Meaning(a), syntax.Meaning(b)) {
		out = append(out, "its options are other: "+strings.TrimSpace(syntax.Join(b)))
	}
	return out, more
}

func columnOrder(c syntax.CreateTable) []string {
	var out []string
	for _, d := range c.Definitions {
		if d.Kind == syntax.DefineColumn {
			out = append(out, d.Name)
		}
	}
	return out
}

// partDifferences compares both tables by information_schema.
func (o ddlOptions) partDifferences(t, have *table) []string {
	var out []string
	if len(t.columns) != len(have.columns) {
		out = append(out, fmt.Sprintf("it has %d columns, in the source %d", len(have.columns), len(t.columns)))
	}
	for i, c := range t.columns[:min(len(t.columns), len(have.columns))] {
		if a, b := o.shape(c, true), o.shape(have.columns[i], false); a != b {
			out = append(out, fmt.Sprintf("column %s is %s, in the source %s", c.name, b, a))
		}
	}
	if a, b := foreignText(t, o.dangling(t)), foreignText(have, nil); !slices.Equal(a, b) {
		out = append(out, "its foreign keys are other")
	}
	if a, b := partitionText(t), partitionText(have); !slices.Equal(a, b) {
		out = append(out, "its partitions are other")
	}
	if t.engine != have.engine {
		out = append(out, "its engine is "+have.engine+", in the source "+t.engine)
	}
	return out
}

// shape is what a column must have alike in servers of different versions. Display
// widths of whole numbers are no part of it; MySQL's JSON is MariaDB's LONGTEXT.
func (o ddlOptions) shape(c column, source bool) string {
	kind, collation := withoutWidth(c), c.collation
	if source && collation != "" {
		collation = o.collation(collation)
	}
	if c.dataType == "json" && o.to.mariaDB {
		kind, collation = "longtext", "utf8mb4_bin"
	}
	if c.dataType == "json" && !o.to.mariaDB {
		collation = ""
	}
	collation = strings.Replace(collation, "utf8mb3_", "utf8_", 1)
	return fmt.Sprintf("%s %s %s nullable=%t auto=%t generated=%t/%t", c.name, kind, collation, c.nullable, c.autoIncrement, c.generated, c.stored)
}

func withoutWidth(c column) string {
	switch c.dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "year":
		open, end := strings.IndexByte(c.columnType, '('), strings.IndexByte(c.columnType, ')')
		if open >= 0 && end > open {
			return c.columnType[:open] + c.columnType[end+1:]
		}
	case "geomcollection":
		return "geometrycollection"
	}
	return c.columnType
}

func foreignText(t *table, without map[string]bool) []string {
	var out []string
	for _, f := range t.foreign {
		if !without[f.name] {
			// NO ACTION and RESTRICT are the same; servers print the one or the other.
			rules := strings.ReplaceAll(f.onUpdate+" "+f.onDelete, "NO ACTION", "RESTRICT")
			out = append(out, fmt.Sprintf("%s %v %s %v %s", f.name, f.columns, f.refTable, f.refColumns, rules))
		}
	}
	slices.Sort(out)
	return out
}

func partitionText(t *table) []string {
	var out []string
	for _, p := range t.partitions {
		out = append(out, p.name+" "+p.sub+" "+p.method)
	}
	return out
}
