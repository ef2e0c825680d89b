//go:build real

package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/internal/certtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestGenerated copies databases of random tables, keys and rows. The seed is
// printed; SEED=n runs it again.
func TestGenerated(t *testing.T) {
	cert, key := certtest.Write(t)
	source, target := storetest.MariaDB(t), storetest.MariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+cert)
	for round := range 6 {
		seed := rand.Uint64() //nolint:gosec // it is printed
		if text := os.Getenv("SEED"); text != "" {
			seed, _ = strconv.ParseUint(text, 10, 64)
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			g := generator{Rand: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // the seed is printed
			database := fmt.Sprintf("gen%d", round)
			g.database(t, source, database)
			job := jobOf(t, source, target, database)
			job.Store.MySQL.KeepIndexes = g.IntN(4) == 0
			if g.IntN(3) == 0 {
				job.Store.MySQL.Loaders = 1 + g.IntN(4)
			}
			way := pick(g, "bulk statements", "LOAD DATA", "INSERT")
			target.Exec(t, fmt.Sprintf("SET GLOBAL local_infile = %t", way != "INSERT"))
			if way != "bulk statements" {
				job.To.CA = cert // through encryption there are none
			}
			a := &Adapter{chunk: pick(g, int64(chunkSize), 4<<10, 500), hexed: g.IntN(4) == 0}
			if job.Resume = g.stopped(t, a, job); !job.Resume {
				target.Exec(t, "DROP DATABASE IF EXISTS "+database)
			}
			part, err := a.Copy(t.Context(), job, nil)
			if err != nil || part.Verdict != datamove.Equal {
				t.Fatalf("%v, %s %s %+v", err, part.Verdict, part.Reason, part.Differences)
			}
			sameRows(t, source, target, database, database)
			if verdict := verify(t, job); verdict != datamove.Equal {
				t.Errorf("compared again it is %s", verdict)
			}
			t.Logf("%d tables, %d objects, by %s", len(part.Units), len(part.Objects), way)
		})
	}
}

// stopped says whether a copy was stopped at some step, if one was tried.
func (g generator) stopped(t *testing.T, a *Adapter, job datamove.Job) bool {
	if g.IntN(2) == 0 {
		return false
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var steps atomic.Int64
	last := 1 + g.Int64N(30)
	job.Checkpoint = func(string) {
		if steps.Add(1) == last {
			cancel()
		}
	}
	_, err := a.Copy(ctx, job, nil)
	t.Logf("stopped at step %d of them: %v", last, err)
	return err != nil
}

func verify(t *testing.T, job datamove.Job) datamove.Verdict {
	t.Helper()
	part, err := New().Verify(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	return part.Verdict
}

// generator makes tables and rows.
type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) database(t *testing.T, s *storetest.MariaDBServer, name string) {
	t.Helper()
	collation := pick(g, "utf8mb4_general_ci", "latin1_swedish_ci", "utf8mb3_unicode_ci", "utf8mb4_nopad_bin", "cp1251_general_ci")
	s.Exec(t, "CREATE DATABASE "+name+" COLLATE "+collation)
	conn := connect(t, s)
	for _, statement := range []string{"USE " + name, "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'"} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1 + g.IntN(6) {
		g.table(t, conn, g.name(i))
	}
}

func (g generator) name(i int) string {
	return fmt.Sprint(pick(g, "t", "T ", "`", "é", "select", "a.b", `"'`, "%_", "日本"), i)
}

func (g generator) table(t *testing.T, conn *sql.Conn, name string) {
	t.Helper()
	var columns []generated
	for i := range 1 + g.IntN(10) {
		c := pick(g, kinds()...)
		c.name, c.null = g.name(i)+pick(g, "", "c", "Ü"), g.IntN(2) == 0
		columns = append(columns, c)
	}
	statement := g.definition(name, columns)
	if _, err := conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	rows := pick(g, 0, 1, 3, 50, 400, 3000)
	for done := 0; done < rows; {
		n := min(rows-done, 50)
		if _, err := conn.ExecContext(t.Context(), g.insert(name, columns, n)); err != nil {
			t.Fatalf("rows of %s: %v", statement, err)
		}
		done += n
	}
}

// definition is a CREATE TABLE with some kind of key, or none.
func (g generator) definition(name string, columns []generated) string {
	var lines, keyable []string
	for _, c := range columns {
		line := syntax.QuoteName(c.name) + " " + c.sql + map[bool]string{true: " NULL", false: " NOT NULL"}[c.null]
		if c.key && slices.Contains([]string{"BIGINT", "DOUBLE", "DATE", "YEAR"}, c.sql) && g.IntN(3) == 0 {
			line += " INVISIBLE DEFAULT " + c.value(g)
		}
		lines = append(lines, line)
		if c.key && !c.null {
			keyable = append(keyable, syntax.QuoteName(c.name))
		}
	}
	// One column is seen at least, for tables must have one.
	lines[0] = strings.Split(lines[0], " INVISIBLE")[0]
	g.Shuffle(len(keyable), func(i, j int) { keyable[i], keyable[j] = keyable[j], keyable[i] })
	switch {
	case len(keyable) > 0 && g.IntN(4) != 0:
		key := strings.Join(keyable[:1+g.IntN(min(3, len(keyable)))], ", ")
		lines = append(lines, pick(g, "PRIMARY KEY ("+key+")", "UNIQUE KEY `the key` ("+key+")"))
	case g.IntN(2) == 0:
		lines = append(lines, "id BIGINT AUTO_INCREMENT PRIMARY KEY")
	}
	for i, c := range columns {
		if c.key && g.IntN(3) == 0 {
			lines = append(lines, fmt.Sprintf("KEY `k%d` (%s%s)", i, syntax.QuoteName(c.name), pick(g, "", " DESC")))
		}
	}
	return "CREATE TABLE " + syntax.QuoteName(name) + " (" + strings.Join(lines, ", ") + ")" + pick(g, "", " ROW_FORMAT=COMPACT", " COLLATE utf8mb4_bin", " CHARSET latin1", " COMMENT 'a ''b'''")
}

// insert leaves out rows whose keys are there already.
func (g generator) insert(name string, columns []generated, n int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = syntax.QuoteName(c.name)
	}
	rows := make([]string, n)
	for i := range rows {
		values := make([]string, len(columns))
		for j, c := range columns {
			values[j] = c.value(g)
			if c.null && g.IntN(5) == 0 {
				values[j] = "NULL"
			}
		}
		rows[i] = "(" + strings.Join(values, ", ") + ")"
	}
	return "INSERT IGNORE INTO " + syntax.QuoteName(name) + " (" + strings.Join(names, ", ") + ") VALUES " + strings.Join(rows, ", ")
}

// generated is a column with its random values.
type generated struct {
	name, sql string
	null, key bool
	value     func(g generator) string
}

func kinds() []generated {
	integer := func(low int64, high uint64) func(generator) string {
		return func(g generator) string {
			return pick(g, "0", "1", "-1", strconv.FormatInt(low, 10), strconv.FormatUint(high, 10), strconv.FormatInt(low+int64(g.Uint64()%(high/2+1)), 10), strconv.FormatUint(g.Uint64()%high, 10))
		}
	}
	return []generated{
		{sql: "TINYINT", key: true, value: integer(-128, 127)},
		{sql: "INT", key: true, value: integer(math.MinInt32, math.MaxInt32)},
		{sql: "INT UNSIGNED ZEROFILL", key: true, value: integer(0, math.MaxUint32)},
		{sql: "BIGINT", key: true, value: integer(math.MinInt64, math.MaxInt64)},
		{sql: "BIGINT UNSIGNED", key: true, value: integer(0, math.MaxUint64)},
		{sql: "FLOAT", key: true, value: floatValue(32)},
		{sql: "DOUBLE", key: true, value: floatValue(64)},
		{sql: "DECIMAL(30,10)", key: true, value: func(g generator) string {
			return fmt.Sprintf("%s%d.%010d", pick(g, "", "-"), g.Int64N(1e18), g.Int64N(1e10))
		}},
		{sql: "BIT(17)", key: true, value: func(g generator) string { return fmt.Sprintf("b'%b'", g.IntN(1<<17)) }},
		{sql: "DATE", key: true, value: dateValue("")},
		{sql: "DATETIME(6)", key: true, value: dateValue(" %02d:%02d:%02d.%06d")},
		{sql: "TIMESTAMP(3) DEFAULT '2001-01-01 00:00:00'", value: func(g generator) string {
			return fmt.Sprintf("FROM_UNIXTIME(%d.%03d)", 1+g.Int64N(math.MaxInt32-1), g.IntN(1000))
		}},
		{sql: "TIME(6)", key: true, value: func(g generator) string {
			return fmt.Sprintf("'%s%02d:%02d:%02d.%06d'", pick(g, "", "-"), g.IntN(838), g.IntN(60), g.IntN(60), g.IntN(1e6))
		}},
		{sql: "YEAR", key: true, value: func(g generator) string { return pick(g, "0", "1901", "2155", strconv.Itoa(1901+g.IntN(254))) }},
		{sql: "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", key: true, value: textValue(0x10FFFF)},
		{sql: "VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", key: true, value: textValue(0x10FFFF)},
		{sql: "CHAR(40) CHARACTER SET latin1", key: true, value: textValue(0xFF)},
		{sql: "VARCHAR(40) CHARACTER SET utf16", key: true, value: textValue(0x10FFFF)},
		{sql: "VARCHAR(40) CHARACTER SET sjis", value: textValue(0x7F)},
		{sql: "VARCHAR(40) CHARACTER SET cp1251", key: true, value: bytesValue(40)},
		{sql: "TEXT", value: textValue(0xFF)},
		{sql: "LONGTEXT CHARACTER SET utf8mb4", value: textValue(0xFFFF)},
		{sql: "BINARY(16)", key: true, value: bytesValue(16)},
		{sql: "VARBINARY(60)", key: true, value: bytesValue(60)},
		{sql: "BLOB", value: bytesValue(2000)},
		{sql: "JSON", value: func(g generator) string {
			return fmt.Sprintf("JSON_OBJECT('a', %s, 'b\\\\\"', %d)", textValue(0x10FFFF)(g), g.Int())
		}},
		{sql: "UUID", key: true, value: func(g generator) string { return fmt.Sprintf("'%s'", uuidText(g)) }},
		{sql: "INET4", key: true, value: func(g generator) string {
			return fmt.Sprintf("'%d.%d.%d.%d'", g.IntN(256), g.IntN(256), g.IntN(256), g.IntN(256))
		}},
		{sql: "INET6", key: true, value: func(g generator) string {
			return fmt.Sprintf("'%x:%x::%x'", g.IntN(1<<16), g.IntN(1<<16), g.IntN(1<<16))
		}},
		{sql: "ENUM('é','b,c','d''e','\\\\') CHARACTER SET latin1", key: true, value: func(g generator) string { return strconv.Itoa(1 + g.IntN(4)) }},
		{sql: "SET('a','é','x y') CHARACTER SET latin1", key: true, value: func(g generator) string { return strconv.Itoa(g.IntN(8)) }},
		{sql: "POINT", value: func(g generator) string {
			return fmt.Sprintf("ST_GeomFromText('POINT(%v %v)', %d)", g.NormFloat64(), g.NormFloat64(), g.IntN(5000))
		}},
	}
}

func floatValue(bits int) func(g generator) string {
	return func(g generator) string {
		f := math.Float64frombits(g.Uint64())
		if bits == 32 {
			f = float64(math.Float32frombits(g.Uint32()))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0.1
		}
		return pick(g, strconv.FormatFloat(f, 'e', -1, 64), "16777217e0", "1.234567", "0.1", "-0e0", "1e-40")
	}
}

func dateValue(clock string) func(g generator) string {
	return func(g generator) string {
		date := fmt.Sprintf("%04d-%02d-%02d", g.IntN(10000), g.IntN(13), g.IntN(32))
		if clock != "" {
			date += fmt.Sprintf(clock, g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1e6))
		}
		return pick(g, "'"+date+"'", "'"+date+"'", "'0000-00-00'")
	}
}

// textValue has characters up to the highest, and those that mean something to SQL.
func textValue(highest int) func(g generator) string {
	return func(g generator) string {
		var b strings.Builder
		for range g.IntN(12) {
			r := rune(g.IntN(highest + 1))
			if r >= 0xD800 && r <= 0xDFFF || g.IntN(3) == 0 {
				r = pick(g, '\\', '\'', '"', '\n', '\t', 0, '%', '_', ' ', 'N', 0x1A, ',', '\r')
			}
			b.WriteRune(r)
		}
		return syntax.QuoteText(b.String())
	}
}

func bytesValue(most int) func(g generator) string {
	return func(g generator) string {
		b := make([]byte, g.IntN(most+1))
		for i := range b {
			b[i] = byte(g.IntN(256))
			if g.IntN(3) == 0 {
				b[i] = pick[byte](g, '\\', '\'', '\n', '\t', 0, 'N', 0xff, 0x98)
			}
		}
		return fmt.Sprintf("X'%x'", b)
	}
}

func uuidText(g generator) string {
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", g.Uint32(), g.IntN(1<<16), g.IntN(1<<16), g.IntN(1<<16), g.Uint64N(1<<48))
}
