package mysql

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

func lexed(t *testing.T, text string) []syntax.Token {
	t.Helper()
	tokens, err := syntax.Lex(text, syntax.Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// FuzzTranslate: whatever the text is, it is translated, sorted and read as a grant
// without an end, and no token of it is changed.
func FuzzTranslate(f *testing.F) {
	f.Add("CREATE TABLE `t` (`a` int NOT NULL /*!80023 INVISIBLE */ DEFAULT uuid())")
	f.Add("GRANT SELECT (a, b), INSERT ON `x`.`ON` TO `a`@`%`")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := syntax.Lex(text, syntax.Dialect{})
		if err != nil {
			return
		}
		before := slices.Clone(tokens)
		_ = toMySQL(toMariaDB(tokens))
		_, _ = parseGrant(text)
		_ = byMention([]object{{name: "a", create: text}, {name: "b", create: text}})
		if !slices.Equal(before, tokens) {
			t.Errorf("the tokens of %q have changed", text)
		}
	})
}

// The texts of MySQL are what MySQL 8.0 prints; no MySQL server is at hand in the
// tests, so that decisions and translations are tested and not what MySQL makes of them.
func TestTranslate(t *testing.T) {
	maria, mysql := flavourOf("10.11.19-MariaDB"), flavourOf("8.0.36")
	for _, tc := range []struct {
		name       string
		from, to   flavour
		text, want string
	}{
		{
			"to MariaDB", mysql, maria,
			"CREATE TABLE `t` (\n  `a` int NOT NULL /*!80023 INVISIBLE */,\n  `p` point NOT NULL /*!80003 SRID 4326 */,\n  KEY `k` (`a`) /*!80000 INVISIBLE */\n)" +
				" ENGINE=InnoDB /*!80016 DEFAULT ENCRYPTION='N' */\n/*!50100 PARTITION BY HASH (`a`) */",
			"CREATE TABLE `t` (\n  `a` int NOT NULL INVISIBLE,\n  `p` point NOT NULL ,\n  KEY `k` (`a`) IGNORED\n) ENGINE=InnoDB \n/*!50100 PARTITION BY HASH (`a`) */",
		},
		{
			"to MySQL", maria, mysql,
			"CREATE TABLE `t` (`a` varchar(36) DEFAULT uuid(), `b` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(), `c` int DEFAULT (1 + (2))," +
				" `d` text DEFAULT concat('(','x'), `e` int DEFAULT -1, KEY `k` (`a`) IGNORED) DEFAULT CHARSET=utf8mb4",
			"CREATE TABLE `t` (`a` varchar(36) DEFAULT (uuid()), `b` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(), `c` int DEFAULT (1 + (2))," +
				" `d` text DEFAULT (concat('(','x')), `e` int DEFAULT -1, KEY `k` (`a`) INVISIBLE) DEFAULT CHARSET=utf8mb4",
		},
		{"within MariaDB", maria, maria, "KEY `k` (`a`) IGNORED /*!80016 x */", "KEY `k` (`a`) IGNORED /*!80016 x */"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := syntax.Join(ddlOptions{from: tc.from, to: tc.to}.translate(lexed(t, tc.text)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForeignTypes(t *testing.T) {
	maria, mysql := flavourOf("10.11.19-MariaDB"), flavourOf("8.0.36")
	base := func(change func(*table)) *table {
		t := &table{database: "shop", name: "t", create: "CREATE TABLE `t` (`a` int)", columns: []column{{name: "a", dataType: "int", columnType: "int(11)"}}}
		change(t)
		return t
	}
	typed := func(kind string) *table {
		return base(func(t *table) { t.columns[0].dataType, t.columns[0].columnType = kind, kind })
	}
	text := func(create string) *table { return base(func(t *table) { t.create = create }) }
	for _, tc := range []struct {
		name     string
		from, to flavour
		table    *table
		want     []string
	}{
		{"plain to MySQL", maria, mysql, typed("int"), nil},
		{"plain to MariaDB", mysql, maria, typed("json"), nil},
		{"UUID", maria, mysql, typed("uuid"), []string{"column shop.t.a: MySQL has no type UUID"}},
		{"INET6", maria, mysql, typed("inet6"), []string{"column shop.t.a: MySQL has no type INET6"}},
		{"UUID within MariaDB", maria, maria, typed("uuid"), nil},
		{"UUID to an old MariaDB", maria, flavourOf("10.6.1-MariaDB"), typed("uuid"), []string{"column shop.t.a: MariaDB 10.6.1-MariaDB has no type UUID"}},
		{"VECTOR to MariaDB", mysql, maria, typed("vector"), []string{"column shop.t.a: MySQL's VECTOR is laid out in another way"}},
		{"compressed column", maria, mysql, base(func(t *table) { t.columns[0].columnType = "text /*M!100301 COMPRESSED*/" }), []string{"column shop.t.a: MySQL has no COMPRESSED columns"}},
		{"sequence default", maria, mysql, base(func(t *table) { t.columns[0].fallback = "nextval(`shop`.`s`)" }), []string{"column shop.t.a: MySQL has no sequences"}},
		{"versioned", maria, mysql, base(func(t *table) { t.versioned = true }), []string{"table shop.t: MySQL has no system versioning"}},
		{"period", maria, mysql, text("CREATE TABLE `t` (`a` date, `PERIOD` int, PERIOD FOR `p` (`a`, `b`))"), []string{"table shop.t: MySQL has no PERIOD FOR"}},
		{
			"expression index", mysql, maria,
			base(func(t *table) { t.indexes = []index{{name: "k", parts: []indexPart{{expression: "a + 1"}}}} }),
			[]string{"index shop.t.k: MariaDB has no indexes on expressions"},
		},
		{"check not enforced", mysql, maria, text("CREATE TABLE `t` (`a` int, CONSTRAINT `c` CHECK (`a` > 0) /*!80016 NOT ENFORCED */)"), []string{"table shop.t: MariaDB has no NOT ENFORCED"}},
		{"SRID", mysql, maria, text("CREATE TABLE `t` (`SRID` point /*!80003 SRID 4326 */)"), []string{"table shop.t: MariaDB has no SRID"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, foreignTypes(tc.from, tc.to, tc.table)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPartDifferences(t *testing.T) {
	o := ddlOptions{
		from: flavourOf("8.0.36"), to: flavourOf("10.11.19-MariaDB"), target: func(d string) string { return d },
		collations: have("utf8mb4_unicode_520_ci"),
	}
	source := &table{engine: "InnoDB", columns: []column{
		{name: "id", dataType: "int", columnType: "int unsigned", autoIncrement: true},
		{name: "j", dataType: "json", columnType: "json", nullable: true},
		{name: "t", dataType: "varchar", columnType: "varchar(20)", collation: "utf8mb4_0900_ai_ci"},
	}, foreign: []foreignKey{{name: "f", columns: []string{"id"}, refTable: "x", refColumns: []string{"id"}, onUpdate: "NO ACTION", onDelete: "CASCADE", copied: true}}}
	target := &table{engine: "InnoDB", columns: []column{
		{name: "id", dataType: "int", columnType: "int(10) unsigned", autoIncrement: true},
		{name: "j", dataType: "longtext", columnType: "longtext", collation: "utf8mb4_bin", nullable: true},
		{name: "t", dataType: "varchar", columnType: "varchar(20)", collation: "utf8mb4_unicode_520_ci"},
	}, foreign: []foreignKey{{name: "f", columns: []string{"id"}, refTable: "x", refColumns: []string{"id"}, onUpdate: "RESTRICT", onDelete: "CASCADE"}}}
	if got := o.partDifferences(source, target); got != nil {
		t.Errorf("alike, but %v", got)
	}
	target.columns[2].columnType = "varchar(10)"
	target.foreign = nil
	if got := o.partDifferences(source, target); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

// TestForeignObjects: what a MySQL cannot hold is named before anything is copied.
func TestForeignObjects(t *testing.T) {
	for _, tc := range []struct {
		name   string
		object object
		want   string
	}{
		{"a function", object{kind: kindFunction, create: "CREATE DEFINER=`a`@`b` FUNCTION `f`(x INT) RETURNS int(11)\nRETURN x"}, ""},
		{"a view", object{kind: kindView, create: "CREATE VIEW `v` AS SELECT 1"}, ""},
		{"an aggregate function", object{kind: kindFunction, create: "CREATE DEFINER=`a`@`b` AGGREGATE FUNCTION `f`(x INT) RETURNS int(11)\nRETURN x"}, "MySQL has no aggregate functions of its users"},
		{"a package", object{kind: kindPackage}, "MySQL has no packages"},
		{"a package's body", object{kind: kindPackageBody}, "MySQL has no packages"},
		{"Oracle's mode", object{kind: kindProcedure, sqlMode: "PIPES_AS_CONCAT,ORACLE,NO_KEY_OPTIONS"}, "MySQL does not speak Oracle's language"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := foreignObject(tc.object); got != tc.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
