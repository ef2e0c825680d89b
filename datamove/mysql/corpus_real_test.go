//go:build real

package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestCorpus copies the corner corpus and asks both servers afterwards, by queries
// that are not those of the copy.
func TestCorpus(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	part := mustBeEqual(t, jobOf(t, source, target, ""))
	for _, database := range corpusDatabases() {
		sameRows(t, source, target, database, database)
	}
	traps(t, source, target)
	reported(t, part)
}

// TestCorpusElsewhere copies the first database of the corpus into one of another name.
func TestCorpusElsewhere(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	job := jobOf(t, source, target, "corpus")
	job.To = access(target.URL("other"))
	job.Store.Exclude = []string{"v_a"} // it reads the other database
	mustBeEqual(t, job)
	sameRows(t, source, target, "corpus", "other")
	// A function that names its database works on the rows of the copy.
	want, got := ask(t, source, "SELECT corpus.uses_database(1)"), ask(t, target, "SELECT other.uses_database(1)")
	if want != got {
		t.Errorf("the function says %s, in the source %s", got, want)
	}
}

// TestMembersThatCannotBeRead: MariaDB prints an ENUM's member beyond U+FFFF as ?, so
// that its copy cannot be right. It must not be called equal.
func TestMembersThatCannotBeRead(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	source.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, e ENUM('😀','b') CHARACTER SET utf8mb4)", "INSERT INTO shop.t VALUES (1, '😀'), (2, 'b')")
	part, err := New().Copy(t.Context(), jobOf(t, source, target, "shop"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if part.Verdict != datamove.Different || len(part.Differences) != 1 || part.Differences[0].ID != "(1)" {
		t.Errorf("the copy is %s: %v", part.Verdict, part.Differences)
	}
	if !slices.ContainsFunc(part.Warnings, func(w string) bool { return strings.Contains(w, "shop.t.e") }) {
		t.Errorf("no warning in %v", part.Warnings)
	}
}

// chunkKey is a key of a table: its columns, their values by the number of the row.
type chunkKey struct{ columns, values, primary string }

func chunkKeys() map[string]chunkKey {
	return map[string]chunkKey{
		"composite":  {"a VARCHAR(20) COLLATE utf8mb4_unicode_ci, b DATETIME(6)", "CHAR(97 + seq % 26, 233 USING latin1), '2024-01-01' + INTERVAL seq * 1001 MICROSECOND", "a, b"},
		"uuid":       {"a UUID", "CONCAT(LPAD(HEX(seq * 7919), 8, '0'), '-1111-1111-8111-', LPAD(HEX(seq % 17), 12, '0'))", "a"},
		"bytes":      {"a VARBINARY(20)", "UNHEX(SHA1(seq))", "a"},
		"bits":       {"a BIT(40), b INT", "seq * 7919 % 3000, seq", "a, b"},
		"decimal":    {"a DECIMAL(20,6)", "(CAST(seq AS SIGNED) - 5000) / 7", "a"},
		"double":     {"a DOUBLE", "(CAST(seq AS SIGNED) - 5000) / 7e0", "a"},
		"backwards":  {"a BIGINT UNSIGNED, b INT", "18446744073709551615 - seq, -CAST(seq AS SIGNED)", "a, b"},
		"time":       {"a TIME(3), b INET6", "SEC_TO_TIME(CAST(seq AS SIGNED) * 3.5 - 9000), CONCAT('::', HEX(seq))", "a, b"},
		"insensible": {"a VARCHAR(40) COLLATE utf8mb4_general_ci", "CONCAT(ELT(1 + seq % 4, 'Ä', 'a', 'Z', 'ß'), REVERSE(seq), '\\\\\\'')", "a"},
	}
}

// TestChunkKeys copies tables of several chunks, cut at keys of many kinds.
func TestChunkKeys(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	source.Exec(t, "CREATE DATABASE shop", "USE shop")
	for name, key := range chunkKeys() {
		source.Exec(t, "CREATE TABLE shop.`"+name+"` ("+key.columns+", pad TEXT CHARACTER SET latin1, PRIMARY KEY ("+key.primary+"))",
			"INSERT INTO shop.`"+name+"` SELECT "+key.values+", REPEAT('pad', 400) FROM shop.seq_1_to_9999")
	}
	part := mustBeEqual(t, jobOf(t, source, target, "shop"))
	for _, u := range part.Units {
		if u.Source.Items != 9999 {
			t.Errorf("%s has %d rows", u.Name, u.Source.Items)
		}
		if len(u.Chunks) < 2 {
			t.Errorf("%s was copied in %d chunks", u.Name, len(u.Chunks))
		}
	}
	sameRows(t, source, target, "shop", "shop")
}

// sameRows compares every table by the hexadecimal form of its stored bytes, sorted.
func sameRows(t *testing.T, source, target *storetest.MariaDBServer, from, to string) {
	t.Helper()
	a, b := contents(t, source, from), contents(t, target, to)
	for _, table := range slices.Sorted(maps.Keys(a)) {
		t.Run("rows of "+table, func(t *testing.T) {
			if diff := cmp.Diff(a[table], b[table]); diff != "" {
				t.Error(diff)
			}
		})
	}
	if len(a) != len(b) {
		t.Errorf("%d tables in the source, %d in the target", len(a), len(b))
	}
}

// contents are a digest and up to 50 rows of each table of the database.
func contents(t *testing.T, s *storetest.MariaDBServer, database string) map[string][]string {
	t.Helper()
	conn := connect(t, s)
	tables, err := readTables(t.Context(), conn, database, datamove.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, table := range tables {
		rows, err := hexRows(t.Context(), conn, table)
		if err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
		slices.Sort(rows)
		digest := sha256.Sum256([]byte(strings.Join(rows, "\n")))
		out[table.name] = append([]string{fmt.Sprint(len(rows), " rows ", hex.EncodeToString(digest[:]))}, rows[:min(50, len(rows))]...)
	}
	return out
}

func hexRows(ctx context.Context, q querier, of table) ([]string, error) {
	var exprs []string
	for _, c := range of.columns {
		exprs = append(exprs, "COALESCE("+hexOf(c)+", 'NULL')")
	}
	rows, err := q.QueryContext(ctx, "SELECT CONCAT_WS('|', "+strings.Join(exprs, ", ")+") FROM "+of.quoted())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var row sql.RawBytes
		if err := rows.Scan(&row); err != nil {
			return nil, err
		}
		text := string(row)
		if len(text) > 1000 {
			digest := sha256.Sum256(row)
			text = text[:100] + "... " + hex.EncodeToString(digest[:])
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// hexOf prints the stored value: bytes of the column's own charset, all digits, the
// number of an ENUM.
func hexOf(c column) string {
	name := syntax.QuoteName(c.name)
	switch {
	case c.expression == "ROW START" || c.expression == "ROW END":
		return "'time of the copy'"
	case c.isFloat() || c.dataType == "double":
		return "FORMAT(" + name + " + 0e0, 38)"
	case c.dataType == "enum" || c.dataType == "set":
		return "CONCAT(" + name + " + 0, ':', HEX(" + name + "))"
	case c.dataType == "uuid" || c.dataType == "inet4" || c.dataType == "inet6" || c.isGeometry():
		return "HEX(CAST(" + name + " AS BINARY))"
	case c.charset != "" || c.isBinary():
		return "HEX(" + name + ")"
	}
	return "CAST(" + name + " AS CHAR)"
}

func ask(t *testing.T, s *storetest.MariaDBServer, query string) string {
	t.Helper()
	var value sql.NullString
	if err := connect(t, s).QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		return "error: " + err.Error()
	}
	if !value.Valid {
		return "NULL"
	}
	return value.String
}

// traps are the known ways to lose data, each with what the copy must say: what the
// source says where nothing is wanted in particular.
func traps(t *testing.T, source, target *storetest.MariaDBServer) {
	t.Helper()
	odd := "`corpus 2 ``odd\" %`"
	for _, tc := range []struct{ name, query, want string }{
		{"FLOAT keeps 2^24", "SELECT CAST(CAST(f AS DOUBLE) AS CHAR) FROM corpus.floats WHERE id = 1", "16777216"},
		{"FLOAT keeps its seventh digit", "SELECT CAST(CAST(f AS DOUBLE) AS CHAR) FROM corpus.floats WHERE id = 2", "1.2345670461654663"},
		{"FLOAT keeps its largest", "SELECT CAST(CAST(f AS DOUBLE) AS CHAR) FROM corpus.floats WHERE id = 3", "3.4028234663852886e38"},
		{"FLOAT keeps its smallest", "SELECT CAST(CAST(f AS DOUBLE) AS CHAR) FROM corpus.floats WHERE id = 5", "1.401298464324817e-45"},
		{"DOUBLE keeps its smallest", "SELECT CAST(d AS CHAR) FROM corpus.floats WHERE id = 5", "5e-324"},
		{"zero is zero", "SELECT CONCAT(f, ' ', d) FROM corpus.floats WHERE id = 6", ""},
		{"FLOAT as a key", "SELECT COUNT(*) FROM corpus.key_float WHERE CAST(k AS DOUBLE) IN (16777216, 16777218, 1.2345670461654663, 1.2345679998397827)", "4"},
		{"DECIMAL(65,30)", "SELECT dec1 FROM corpus.numbers WHERE id = 1", "-99999999999999999999999999999999999.999999999999999999999999999999"},
		{"UUID is no NULL", "SELECT GROUP_CONCAT(u ORDER BY n) FROM corpus.uuids", "00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff,123e4567-e89b-12d3-a456-426655440000,5c0a0900-2722-1000-8000-00005c4e0000,6ccd780c-baba-1026-9564-5b8c656024db"},
		{"INET6 is no NULL", "SELECT GROUP_CONCAT(i6 ORDER BY n) FROM corpus.uuids", "::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,::ffff:127.0.0.1,5c4e:a09:27:2200::"},
		{"ENUM of latin1", "SELECT CONCAT(e + 0, ' ', HEX(e), ' ', s + 0) FROM corpus.enums WHERE id = 1", "1 E9 3"},
		{"ENUM that holds the wrong value 0", "SELECT CONCAT(e + 0, ',', s + 0, ',', e4 + 0) FROM corpus.enums WHERE id = 5", "0,15,0"},
		{"ENUM with the value ''", "SELECT e + 0 FROM corpus.enums WHERE id = 3", "5"},
		{"zero dates", "SELECT CONCAT_WS(' ', d, dt, ts) FROM corpus.times WHERE id = 1", "0000-00-00 0000-00-00 00:00:00.000000 0000-00-00 00:00:00.000000"},
		{"a date that is none", "SELECT d FROM corpus.times WHERE id = 2", "2024-02-30"},
		{"month zero", "SELECT d FROM corpus.times WHERE id = 5", "2024-00-15"},
		{"year one is not zero", "SELECT dt FROM corpus.times WHERE id = 3", "0001-01-01 00:00:00.000001"},
		{"negative TIME with microseconds", "SELECT t FROM corpus.times WHERE id = 3", "-00:00:00.000001"},
		{"TIMESTAMP in the hour that is twice", "SELECT UNIX_TIMESTAMP(up) FROM corpus.times WHERE id = 4", "1729989000.000"},
		{"ON UPDATE did not fire", "SELECT COUNT(*) FROM corpus.times WHERE up = '2001-02-03 04:05:06.789'", "4"},
		{"all bytes", "SELECT MD5(b) = MD5(REVERSE(d)) FROM corpus.bytes WHERE LENGTH(b) = 256", "1"},
		{"the text NULL is no NULL", "SELECT CONCAT(b, ' ', c) FROM corpus.bytes WHERE a = 'a\\0\\0\\0'", "\\N NULL"},
		{"20 MB in a row", "SELECT CONCAT(LENGTH(b), ' ', MD5(b)) FROM corpus.large_rows WHERE id = 3", ""},
		{"all code points", "SELECT SUM(CONV(HEX(CONVERT(c USING utf32)), 16, 10) = cp) - COUNT(*) FROM corpus.code_points", "0"},
		{"characters of latin1", "SELECT COUNT(*) FROM corpus.all_latin1 WHERE HEX(c) = LPAD(HEX(n), 2, '0') OR n = 32", ""},
		{"sjis with a backslash as the second byte", "SELECT HEX(sj) FROM corpus.texts WHERE id = 1", "835C955C945C"},
		{"JSON is kept as it was written", "SELECT j FROM corpus.json_values WHERE id = 1", `{"b": 1, "a" : "é😀\"\\"}`},
		{"SRID", "SELECT CONCAT(ST_SRID(g), ' ', ST_AsText(g)) FROM corpus.shapes WHERE id = 1", "4326 POINT(1 2)"},
		{"AUTO_INCREMENT with 0", "SELECT v FROM corpus.auto_zero WHERE id = 0", "zero"},
		{"AUTO_INCREMENT goes on where it was", "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'corpus' AND TABLE_NAME = 'auto_empty'", "5000000000"},
		{"generated columns", "SELECT CONCAT(v, s) FROM corpus.generated WHERE id = 1", "20x10"},
		{"invisible columns", "SELECT CONCAT_WS(',', COALESCE(w, 'NULL'), x) FROM corpus.generated WHERE id = 1", "5,6"},
		{"rows that break a CHECK", "SELECT a FROM corpus.checks WHERE id = 1", "-1"},
		{"equal rows without a key", "SELECT COUNT(*) FROM corpus.no_key WHERE a = 1", "3"},
		{"rows of NULL without a key", "SELECT COUNT(*) FROM corpus.no_key WHERE a IS NULL", "2"},
		{"empty string as a key", "SELECT v FROM corpus.key_text WHERE k = ''", "8"},
		{"BIT as a key", "SELECT HEX(d + 0) FROM corpus.bits WHERE b = 0x5C0A090027", "5C"},
		{"no trigger fired", "SELECT COUNT(*) FROM corpus.trigger_log", "0"},
		{"rows are not as triggers make them", "SELECT SUM(v) FROM corpus.triggered", "3"},
		{"triggers in their order", "SELECT GROUP_CONCAT(TRIGGER_NAME ORDER BY ACTION_ORDER) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_TABLE = 'triggered' AND ACTION_TIMING = 'AFTER'", "t_first,t_second"},
		{"a view on a view on functions", "SELECT CONCAT_WS(' ', id, p, t) FROM corpus.v_m LIMIT 1", "1 2 é"},
		{"a view whose definer was gone", "SELECT COUNT(*) FROM corpus.v_a", "2"},
		{"a literal of latin1 in a view", "SELECT HEX(b) FROM corpus.v_latin1 LIMIT 1", ""},
		{"a literal of latin1 in a function", "SELECT HEX(corpus.in_latin1())", ""},
		{"sql_mode of a function", "SELECT corpus.ansi(1)", `a\b\1`},
		{"an aggregate function", "SELECT corpus.agg(v) FROM corpus.triggered", "3"},
		{"a package of Oracle's mode", "SELECT SQL_MODE LIKE '%ORACLE%' FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'PACKAGE BODY'", "1"},
		{"events do not run", "SELECT GROUP_CONCAT(DISTINCT STATUS) FROM information_schema.EVENTS", "DISABLED"},
		{"the sequence goes on", "SELECT NEXTVAL(corpus.seq_plain)", "35"},
		{"the sequence that cycles downwards", "SELECT NEXTVAL(corpus.seq_down)", "-2"},
		{"odd names", "SELECT `a b%` FROM " + odd + ".`odd ``table\" %` WHERE `id ``\"` = 1", "c"},
		{"names that differ in case", "SELECT CONCAT((SELECT v FROM " + odd + ".`Case`), (SELECT v FROM " + odd + ".`case`))", "upperlower"},
		{"rows of partitions", "SELECT COUNT(*) FROM corpus.part_range PARTITION (`p 1`)", ""},
		{"a foreign key works", "DELETE FROM corpus.fk_unique WHERE code = 'y'", "error: Error 1451"},
		{"rows of now of a versioned table", "SELECT SUM(v) FROM corpus.versioned", "12"},
		{"a full text index works", "SELECT id FROM corpus.indexes_of_all_kinds WHERE MATCH (c) AGAINST ('word77')", "77"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				tc.want = ask(t, source, tc.query)
			}
			got := ask(t, target, tc.query)
			if strings.HasPrefix(tc.want, "error") { // the number is enough
				got = got[:min(len(got), len(tc.want))]
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// reported wants what the copy changed or left out to be told.
func reported(t *testing.T, part datamove.Part) {
	t.Helper()
	told := map[string]string{}
	for _, o := range part.Objects {
		told[o.Kind+" "+o.Name] = o.Changed
	}
	for name, want := range map[string]string{
		"function corpus.plus_one":   "definer nobody@nowhere → canary@%",
		"view corpus.v_a":            "definer nobody@nowhere → canary@%",
		"event corpus.e_daily":       "disabled; ALTER EVENT `corpus`.`e_daily` ENABLE",
		"index corpus.many_rows.kcd": "",
	} {
		if got, ok := told[name]; !ok || got != want {
			t.Errorf("%s is reported as %q, %t", name, got, ok)
		}
	}
	left := leftOut(part)
	for _, want := range []string{"view corpus.v_broken", "history of corpus.versioned"} {
		if !slices.Contains(left, want) {
			t.Errorf("%s is not among what is left out: %v", want, left)
		}
	}
}

// leftOut are the names of what a copy left out.
func leftOut(part datamove.Part) []string {
	var left []string
	for _, l := range part.LeftOut {
		left = append(left, l.What)
	}
	return left
}
