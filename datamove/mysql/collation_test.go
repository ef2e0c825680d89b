package mysql

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// have are collations as servers list them; the lists are recorded in part.
func have(names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		out[name] = "utf8mb4"
	}
	return out
}

func TestMapCollation(t *testing.T) {
	maria10 := have("utf8mb4_unicode_520_ci", "utf8mb4_unicode_520_nopad_ci", "utf8mb4_nopad_bin", "utf8mb4_bin", "utf8mb3_general_ci")
	maria11 := have("utf8mb4_uca1400_ai_ci", "utf8mb4_uca1400_nopad_ai_ci", "utf8mb4_uca1400_nopad_as_cs", "utf8mb4_uca1400_nopad_as_ci",
		"utf8mb4_uca1400_german2_nopad_ai_ci", "utf8mb4_unicode_520_ci", "utf8mb4_nopad_bin")
	mysql8 := have("utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_0900_bin", "utf8mb4_unicode_520_ci", "utf8mb4_bin", "latin1_swedish_ci", "utf8mb3_unicode_ci")
	for _, tc := range []struct {
		name, from string
		has        map[string]string
		want       string
	}{
		{"there", "utf8mb4_bin", maria10, "utf8mb4_bin"},
		{"MySQL's default to MariaDB 10.6", "utf8mb4_0900_ai_ci", maria10, "utf8mb4_unicode_520_nopad_ci"},
		{"MySQL's default to MariaDB 11", "utf8mb4_0900_ai_ci", maria11, "utf8mb4_uca1400_nopad_ai_ci"},
		{"case and accents to MariaDB 11", "utf8mb4_0900_as_cs", maria11, "utf8mb4_uca1400_nopad_as_cs"},
		{"case and accents to MariaDB 10.6", "utf8mb4_0900_as_cs", maria10, "utf8mb4_nopad_bin"},
		{"accents alone have nothing like it in MariaDB 10.6", "utf8mb4_0900_as_ci", maria10, ""},
		{"a language", "utf8mb4_de_pb_0900_ai_ci", maria11, "utf8mb4_uca1400_german2_nopad_ai_ci"},
		{"bytes", "utf8mb4_0900_bin", maria10, "utf8mb4_nopad_bin"},
		{"MariaDB's default to MySQL", "utf8mb4_uca1400_ai_ci", mysql8, "utf8mb4_unicode_520_ci"},
		{"without padding to MySQL", "utf8mb4_uca1400_nopad_ai_ci", mysql8, "utf8mb4_0900_ai_ci"},
		{"case and accents to MySQL", "utf8mb4_uca1400_as_cs", mysql8, "utf8mb4_0900_as_cs"},
		{"bytes to MySQL", "utf8mb4_nopad_bin", mysql8, "utf8mb4_0900_bin"},
		{"padding of latin1", "latin1_swedish_nopad_ci", mysql8, "latin1_swedish_ci"},
		{"the old name of utf8mb3", "utf8_general_ci", maria10, "utf8mb3_general_ci"},
		{"utf8mb3 of UCA 14", "utf8mb3_uca1400_ai_ci", mysql8, "utf8mb3_unicode_ci"},
		{"unknown", "klingon_ci", mysql8, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, ok := mapCollation(tc.from, tc.has); got != tc.want || ok != (tc.want != "") {
				t.Errorf("%s becomes %q, %t", tc.from, got, ok)
			}
		})
	}
}

func TestCollationProblems(t *testing.T) {
	s := &schema{tables: []*table{{database: "shop", name: "t", collation: "utf8mb4_bin", columns: []column{{name: "c", collation: "klingon_ci"}}}}}
	if diff := cmp.Diff([]string{"collation klingon_ci of column shop.t.c"}, collationProblems(s, have("utf8mb4_bin"))); diff != "" {
		t.Error(diff)
	}
	s.tables[0].columns[0].collation = "utf8mb4_0900_bin"
	if got := s.collationChanges(have("utf8mb4_bin")); !slices.Equal(got, []string{"utf8mb4_0900_bin → utf8mb4_bin"}) {
		t.Error(got)
	}
}
