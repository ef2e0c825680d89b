package mysql

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// compareObject adds one object beside tables.
func (out *objectsReport) compareObject(s *schema, b, have object, there bool, o ddlOptions) {
	if b.create == "" {
		out.leftOut = append(out.leftOut, datamove.LeftOut{What: b.kind + " " + b.id(), Why: b.problem})
		return
	}
	if b.invalid && !there {
		out.leftOut = append(out.leftOut, datamove.LeftOut{What: b.kind + " " + b.id(), Why: "it does not work in the source"})
		return
	}
	made := datamove.Object{Kind: b.kind, Name: o.target(b.database) + "." + b.name}
	defer func() { out.objects = append(out.objects, made) }()
	if !there {
		made.Changed = "it is missing in the target"
		return
	}
	want, err := o.rewrite(s, b)
	if err != nil {
		made.Changed = err.Error()
		return
	}
	if have.invalid && !b.invalid {
		made.Changed = "it does not work in the target: it names what is not there, or its definer lacks rights"
		return
	}
	if different := o.objectDifference(want, b, have); different != "" {
		made.Changed = different
		return
	}
	made.Equal, made.Changed = true, strings.Join(want.changed, "; ")
}

// objectDifference says in what the target's object is other than it should be.
func (o ddlOptions) objectDifference(want rewritten, b, have object) string {
	tokens, err := syntax.Lex(have.create, have.dialect())
	if err != nil || have.create == "" {
		return "the target cannot show it"
	}
	if o.from.like(o.to) && !o.sameMeaning(want.expect, syntax.Meaning(tokens)) {
		return "its definition differs: " + firstDifference(want.expect, syntax.Meaning(tokens))
	}
	mode, _ := o.sqlMode(b.sqlMode)
	switch {
	case have.sqlMode != mode && b.kind != kindView:
		return "its sql_mode is " + have.sqlMode
	case have.charset != b.charset:
		return "its client charset is " + have.charset
	case b.connection != "" && have.connection != o.collation(b.connection):
		return "its collation is " + have.connection
	case have.timeZone != b.timeZone:
		return "its time zone is " + have.timeZone
	}
	return o.sequenceDifference(b, have)
}

func firstDifference(want, got []string) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return fmt.Sprintf("%q instead of %q", strings.Join(got[min(i, len(got)):min(i+4, len(got))], " "), strings.Join(want[i:min(i+4, len(want))], " "))
		}
	}
	return fmt.Sprintf("it goes on with %q", strings.Join(got[len(want):min(len(want)+4, len(got))], " "))
}

// sequenceDifference compares where sequences go on. One that was merged into may be
// further, for it never goes back.
func (o ddlOptions) sequenceDifference(b, have object) string {
	if b.kind != kindSequence || o.existing == datamove.ExistingMerge && further(b.state, have.state) {
		return ""
	}
	for _, name := range []string{"NEXT_NOT_CACHED_VALUE", "CYCLE_COUNT"} {
		if b.state[name] != have.state[name] {
			return "its " + strings.ToLower(name) + " is " + have.state[name] + ", in the source " + b.state[name]
		}
	}
	return ""
}

func further(source, target record) bool {
	a, b := source.number("NEXT_NOT_CACHED_VALUE"), target.number("NEXT_NOT_CACHED_VALUE")
	if source.number("INCREMENT") < 0 {
		a, b = b, a
	}
	return b > a
}

// extras warns of what only the target has.
func (out *objectsReport) extras(s, there *schema, o ddlOptions) {
	known := map[place]bool{}
	for _, t := range s.tables {
		known[o.place(o.target(t.database), kindTable, t.name)] = true
	}
	for _, b := range s.objects() {
		known[o.place(o.target(b.database), b.kind, b.name)] = true
	}
	for _, t := range there.tables {
		if !known[o.place(t.database, kindTable, t.name)] {
			out.warnings = append(out.warnings, "only the target has table "+t.id())
		}
	}
	for _, b := range there.objects() {
		if !known[o.place(b.database, b.kind, b.name)] {
			out.warnings = append(out.warnings, "only the target has "+b.kind+" "+b.id())
		}
	}
}
