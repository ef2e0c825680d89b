package mysql

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrderIsNoDefinition: a server lists names that differ in case only in any order.
func TestOrderIsNoDefinition(t *testing.T) {
	before := &schema{
		databases: []databaseInfo{{name: "d"}},
		tables:    []*table{{database: "d", name: "Case", create: "upper"}, {database: "d", name: "case", create: "lower"}},
		views:     []object{{kind: kindView, database: "d", name: "V", create: "1"}, {kind: kindView, database: "d", name: "v", create: "2"}},
	}
	after := &schema{databases: before.databases, tables: slices.Clone(before.tables), views: slices.Clone(before.views)}
	slices.Reverse(after.tables)
	slices.Reverse(after.views)
	if altered := after.alteredSince(before); len(altered) > 0 || before.fingerprint() != after.fingerprint() {
		t.Errorf("altered: %v", altered)
	}
	after.tables[0] = &table{database: "d", name: "case", create: "other"}
	after.views = append(after.views[:1], object{kind: kindView, database: "d", name: "new"})
	want := []string{"table `d`.`case`", "view `d`.`V`", "view `d`.`new`"}
	if diff := cmp.Diff(want, after.alteredSince(before)); diff != "" || before.fingerprint() == after.fingerprint() {
		t.Error(diff)
	}
}

// TestNamesWithDotsAreNotTheSame: database a.b has a table c, database a a table b.c.
func TestNamesWithDotsAreNotTheSame(t *testing.T) {
	s := &schema{tables: []*table{{database: "a.b", name: "c", create: "1"}, {database: "a", name: "b.c", create: "2"}}}
	if altered := s.alteredSince(s); len(altered) > 0 {
		t.Errorf("altered: %v", altered)
	}
}
