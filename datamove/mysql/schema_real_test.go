//go:build real

package mysql

import (
	"context"
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// corpusDatabases are those that testdata/corpus.sql makes.
func corpusDatabases() []string { return []string{"corpus", "corpus 2 `odd\" %"} }

// loadCorpus runs the corpus as the mariadb client does: statements end with the delimiter,
// which a line "DELIMITER x" sets.
func loadCorpus(t testing.TB, s *storetest.MariaDBServer) {
	t.Helper()
	text, err := os.ReadFile("testdata/corpus.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, s)
	for _, statement := range splitSQL(string(text)) {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.300s: %v", statement, err)
		}
	}
}

func splitSQL(text string) []string {
	delimiter, current, out := ";", "", []string{}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "DELIMITER "); ok {
			delimiter = strings.TrimSpace(rest)
			continue
		}
		if strings.HasPrefix(line, "-- ") && strings.TrimSpace(current) == "" {
			continue
		}
		current += line
		if trimmed := strings.TrimRight(current, "\n "); strings.HasSuffix(trimmed, delimiter) {
			out = append(out, strings.TrimSuffix(trimmed, delimiter))
			current = ""
		}
	}
	return out
}

// connect is one session with the settings of a copy.
func connect(t testing.TB, s *storetest.MariaDBServer) *sql.Conn {
	t.Helper()
	return session(t, s.DB(t))
}

// connectAs is connect for an account without a password.
func connectAs(t testing.TB, s *storetest.MariaDBServer, user string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("mysql", user+"@tcp("+s.Address+")/?collation=utf8mb4_general_ci")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return session(t, db)
}

func session(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.ExecContext(t.Context(), "SET NAMES utf8mb4, sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func sameName(database string) string { return database }

// TestSchemaAlone copies the corpus without its rows and wants every object the same.
func TestSchemaAlone(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	for _, tc := range []struct {
		name   string
		target func(string) string
		filter datamove.Filter
	}{
		{"same names", sameName, datamove.Filter{}},
		// v_a names the other database, which keeps its name in the text.
		{"other names", func(d string) string { return "copy of `" + d }, datamove.Filter{Exclude: []string{"v_a"}}},
	} {
		t.Run(tc.name, func(t *testing.T) { copySchema(t, source, target, tc.target, tc.filter) })
	}
}

func copySchema(t *testing.T, source, target *storetest.MariaDBServer, names func(string) string, filter datamove.Filter) {
	from, to := connect(t, source), connect(t, target)
	s, err := readSchema(t.Context(), from, corpusDatabases(), filter)
	if err != nil {
		t.Fatal(err)
	}
	job := datamove.Job{ID: "schema"}
	o, err := newDDLOptions(t.Context(), from, to, job, names)
	if err != nil {
		t.Fatal(err)
	}
	if err := createTables(t.Context(), to, s, o); err != nil {
		t.Fatal(err)
	}
	for _, table := range s.tables {
		if err := finishTable(t.Context(), to, table, o); err != nil {
			t.Fatal(err)
		}
	}
	out, err := createObjects(t.Context(), to, s, o)
	if err != nil {
		t.Fatal(err)
	}
	o.resume = true // all of it once more
	if err := createTables(t.Context(), to, s, o); err != nil {
		t.Fatal(err)
	}
	if out, err = createObjects(t.Context(), to, s, o); err != nil {
		t.Fatal(err)
	}
	for _, made := range out.objects {
		t.Logf("%-10s %-60s %s", made.Kind, made.Name, made.Changed)
		if !made.Equal {
			t.Errorf("%s %s: %s", made.Kind, made.Name, made.Changed)
		}
	}
	if diff := cmp.Diff([]string(nil), out.warnings); diff != "" {
		t.Error(diff)
	}
	o.existing = datamove.ExistingReplace
	if err := clearTarget(t.Context(), to, s, o); err != nil {
		t.Fatal(err)
	}
	for _, d := range corpusDatabases() {
		if got := ask(t, target, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "+syntax.QuoteText(names(d))); got != "0" {
			t.Errorf("after replacing, %s tables are left", got)
		}
	}
}
