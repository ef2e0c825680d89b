//go:build real

package mysql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestSourceChangesUnderTheSnapshot: whatever is done to tables of the source while
// they are copied, the copy is of one moment, or it says that it is not.
func TestSourceChangesUnderTheSnapshot(t *testing.T) {
	for name, statements := range map[string][]string{
		"truncated":                                 {"TRUNCATE TABLE shop.small"},
		"replaced by one of the same definition":    {"DROP TABLE shop.small", "CREATE TABLE shop.small (a INT PRIMARY KEY)", "INSERT INTO shop.small VALUES (7)"},
		"renamed away and another one to its place": {"CREATE TABLE shop.new LIKE shop.small", "RENAME TABLE shop.small TO shop.old, shop.new TO shop.small", "DROP TABLE shop.old"},
		"rebuilt": {"ALTER TABLE shop.small ENGINE=InnoDB, FORCE"},
		"a row":   {"INSERT INTO shop.small VALUES (7)"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := storetest.MariaDB(t), storetest.MariaDB(t)
			from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_5000", "CREATE TABLE small (a INT PRIMARY KEY)", "INSERT INTO small VALUES (1),(2)")
			j := jobOf(t, from, to, "shop")
			var once sync.Once
			j.Checkpoint = func(step string) {
				if step == "ledger" {
					once.Do(func() { from.Exec(t, statements...) })
				}
			}
			part, err := smallChunks().Copy(t.Context(), j, nil)
			if err == nil && part.Verdict == datamove.Equal {
				if got := ask(t, to, "SELECT GROUP_CONCAT(a) FROM shop.small"); got != "1,2" {
					t.Errorf("it is %s with the rows %s, which are not those of the moment", part.Verdict, got)
				}
				return
			}
			if reported := (*events.Error)(nil); !errors.As(err, &reported) || reported.Kind != events.KindPartial {
				t.Errorf("%v, %s", err, part.Verdict)
			}
		})
	}
}

// TestFoldedNames: a target that folds names holds another table of the name.
func TestFoldedNames(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t, "--lower-case-table-names=1")
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE Orders (id INT AUTO_INCREMENT PRIMARY KEY, v INT, KEY kv (v)) AUTO_INCREMENT = 500", "INSERT INTO Orders VALUES (1, 1)",
		"CREATE TABLE Items (id INT PRIMARY KEY, o INT, CONSTRAINT Fk FOREIGN KEY (o) REFERENCES Orders (id))", "CREATE VIEW Totals AS SELECT 1 AS a")
	to.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.orders (theirs INT PRIMARY KEY)", "INSERT INTO shop.orders VALUES (7)")
	j := jobOf(t, from, to, "shop")
	wantRefusal(t, j, events.KindRefused, "orders")
	if got := ask(t, to, "SELECT theirs FROM shop.orders"); got != "7" {
		t.Errorf("their table: %s", got)
	}
	j.Store.Existing = datamove.ExistingReplace
	part := mustBeEqual(t, j)
	if got := ask(t, to, "SELECT CONCAT(id, (SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_NAME = 'orders')) FROM shop.orders"); got != "1500" {
		t.Errorf("the copy: %s, %+v", got, part.Objects)
	}
}

// TestPacketIsRefusedBeforeAnything: the whole way, not the look alone.
func TestPacketIsRefusedBeforeAnything(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t, "--max-allowed-packet=2M")
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, b LONGBLOB)", "INSERT INTO shop.t VALUES (1, REPEAT('x', 3000000))")
	wantRefusal(t, jobOf(t, from, to, "shop"), events.KindRefused, "SET GLOBAL max_allowed_packet")
	if got := ask(t, to, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'"); got != "0" {
		t.Error("the target was changed")
	}
}

// TestTargetIsFull in the middle of the rows, and goes on when there is room.
func TestTargetIsFull(t *testing.T) {
	from := storetest.MariaDB(t)
	to := storetest.MariaDB(t, "--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M")
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_30000")
	j := jobOf(t, from, to, "shop")
	if part, err := smallChunks().Copy(t.Context(), j, nil); err == nil {
		t.Fatalf("it is %s", part.Verdict)
	}
	to.Stop()
	to.With(t, "--innodb-data-file-path=ibdata1:12M:autoextend")
	j.Resume = true
	mustBeEqual(t, j)
	sameTables(t, from, to, "orders")
}

// TestSpecialTables are those of which a copy could lose something by itself.
func TestSpecialTables(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop",
		"CREATE TABLE h (id INT PRIMARY KEY, v INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
		"INSERT INTO h (id, v) VALUES (1, 1)", "UPDATE h SET v = 2", "DELETE FROM h WHERE id = 9",
		"CREATE TABLE wide (id INT PRIMARY KEY"+strings.Join(many(190, ", c%d TEXT"), "")+")", "INSERT INTO wide (id, c0, c189) VALUES (1, 'first', 'last'), (2, NULL, '')",
		"CREATE TABLE cols (id INT PRIMARY KEY"+strings.Join(many(800, ", c%d INT"), "")+")", "INSERT INTO cols (id, c799) SELECT seq, seq FROM seq_1_to_50",
		"CREATE TABLE keyed (k VARCHAR(768) COLLATE utf8mb4_unicode_ci PRIMARY KEY)", "INSERT INTO keyed SELECT CONCAT(REPEAT('ü', 760), LPAD(seq, 4, '0')) FROM seq_1_to_400",
		"CREATE TABLE padded (k VARCHAR(20) COLLATE utf8mb4_nopad_bin, n INT, PRIMARY KEY (k, n))", "INSERT INTO padded SELECT CONCAT('a', REPEAT(' ', seq % 5)), seq FROM seq_1_to_900")
	a := &Adapter{chunk: 2 << 10}
	part, err := a.Copy(t.Context(), jobOf(t, from, to, "shop"), nil)
	if err != nil || part.Verdict != datamove.Equal {
		t.Fatalf("%v, %s %s %+v", err, part.Verdict, part.Reason, part.Objects)
	}
	sameRows(t, from, to, "shop", "shop")
	if got := ask(t, to, "SELECT COUNT(*) FROM shop.h FOR SYSTEM_TIME ALL"); got != "1" {
		t.Errorf("the target has %s rows of history and now", got)
	}
	if !slices.Contains(leftOut(part), "history of shop.h") {
		t.Errorf("left out: %+v", part.LeftOut)
	}
}

func many(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}

// TestSettingsOfTheServers: whatever administrators have set for all sessions, those of
// a copy do what they should.
func TestSettingsOfTheServers(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, from)
	before, after := []string{}, []string{}
	for name, value := range map[string]string{
		"sql_select_limit": "10", "sql_quote_show_create": "0", "autocommit": "0", "completion_type": "'RELEASE'", "sql_safe_updates": "1",
		"unique_checks": "0", "sql_auto_is_null": "1", "foreign_key_checks": "0", "max_error_count": "0", "sql_notes": "0", "wait_timeout": "1",
		"character_set_client": "'latin1'", "character_set_results": "'latin1'", "collation_connection": "'latin1_german1_ci'",
		"sql_mode": "'ORACLE,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ZERO_DATE,PAD_CHAR_TO_FULL_LENGTH'", "time_zone": "'+05:30'", "old_mode": "'NO_DUP_KEY_WARNINGS_WITH_IGNORE,ZERO_DATE_TIME_CAST'",
		"max_sort_length": "64", "group_concat_max_len": "4", "tx_isolation": "'READ-UNCOMMITTED'", "tx_read_only": "1",
		"explicit_defaults_for_timestamp": "0", "check_constraint_checks": "1", "system_versioning_alter_history": "'KEEP'", "sql_big_selects": "0", "max_join_size": "100",
		"div_precision_increment": "0", "default_week_format": "3", "lc_time_names": "'de_DE'", "max_statement_time": "1", "idle_transaction_timeout": "1",
		"default_storage_engine": "'Aria'", "timestamp": "",
	} {
		if value == "" {
			continue
		}
		before, after = append(before, "SET GLOBAL "+name+" = "+value), append(after, "SET GLOBAL "+name+" = DEFAULT")
	}
	from.Exec(t, before...)
	to.Exec(t, before...)
	j := jobOf(t, from, to, "")
	part, err := New().Copy(t.Context(), j, nil)
	verified, verifyErr := New().Verify(t.Context(), j, nil)
	for _, s := range []*storetest.MariaDBServer{from, to} {
		c := s.DB(t)
		for _, statement := range after {
			if _, err := c.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	if err != nil || part.Verdict != datamove.Equal {
		t.Errorf("%v, %s %s %+v", err, part.Verdict, part.Reason, part.Differences)
	}
	if verifyErr != nil || verified.Verdict != datamove.Equal {
		t.Errorf("verify: %v, %s %s %+v", verifyErr, verified.Verdict, verified.Reason, verified.Differences)
	}
	for _, database := range corpusDatabases() {
		sameRows(t, from, to, database, database)
	}
}

// TestViewsThatDoNotWork: a view whose definer is not there can be made and not be used.
func TestViewsThatDoNotWork(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "CREATE VIEW shop.v AS SELECT * FROM shop.t")
	j := jobOf(t, from, to, "shop")
	j.Store.MySQL.Definer = "ghost@nowhere"
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil || part.Verdict != datamove.Different {
		t.Errorf("%v, %s: %+v", err, part.Verdict, part.Objects)
	}
	// What stays for a resumption is told.
	told := false
	for _, w := range part.Warnings {
		told = told || strings.Contains(w, ledgerName)
	}
	if !told {
		t.Errorf("warnings: %v", part.Warnings)
	}
}

// TestSnapshotWithoutRights: the ladder goes down to one connection, and says so.
func TestSnapshotWithoutRights(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_100", "CREATE USER poor IDENTIFIED BY '"+storetest.MariaDBPassword+"'",
		"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON shop.* TO poor")
	for _, mode := range []string{snapshotLock, snapshotProof} {
		j := jobOf(t, from, to, "shop")
		j.ID, j.Store.Existing, j.Store.MySQL.Snapshot = "run-"+mode, datamove.ExistingReplace, mode
		j.From.URL = strings.Replace(j.From.URL, storetest.MariaDBUser+"@", "poor@", 1)
		part := mustBeEqual(t, j)
		told := false
		for _, w := range part.Warnings {
			told = told || strings.Contains(w, `snapshot "`+mode+`" is not available, one connection was used`)
		}
		if part.Snapshot.Method != "one connection" || !told || !part.Snapshot.Consistent {
			t.Errorf("%s: %+v, %v", mode, part.Snapshot, part.Warnings)
		}
	}
	// Somebody who holds a table may not hold the source's writers up through us for long.
	holder, err := from.DB(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(t.Context(), "LOCK TABLES shop.orders WRITE"); err != nil {
		t.Fatal(err)
	}
	v, err := takeView(t.Context(), mustEndpoint(t, from), snapshotLock, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	if v.snapshot.Method != "one connection" || len(v.warnings) != 1 {
		t.Errorf("%+v, %v", v.snapshot, v.warnings)
	}
	if _, err := holder.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	from.Exec(t, "INSERT INTO shop.orders SELECT id + 1000, customer_id, product_id, status, amount, email, created, updated, note, token FROM shop.orders LIMIT 1")
}

func mustEndpoint(t *testing.T, s *storetest.MariaDBServer) end {
	t.Helper()
	e, err := newEnd(access(s.URL("shop")), true)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestMaskedAlike: a mask that makes two values one breaks a unique key. No row may be
// left out without a word.
func TestMaskedAlike(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE secondary (id INT PRIMARY KEY, v VARCHAR(10), UNIQUE KEY (v))", "INSERT INTO secondary SELECT seq, seq FROM seq_1_to_100",
		"CREATE TABLE main (v VARCHAR(10) PRIMARY KEY)", "INSERT INTO main SELECT seq FROM seq_1_to_100")
	for _, table := range []string{"secondary", "main"} {
		for _, merge := range []bool{false, true} {
			to.Exec(t, "DROP DATABASE IF EXISTS shop")
			j := jobOf(t, from, to, "shop")
			j.Store.Include = []string{table}
			if merge {
				j.Store.Existing = datamove.ExistingMerge
			}
			j.Mask = columnMask{func(_, _, c string) bool { return c == "v" }, func(dst, _ []byte) ([]byte, bool, error) {
				return append(dst, "alike"...), false, nil
			}}
			part, err := New().Copy(t.Context(), j, nil)
			if err == nil && part.Verdict == datamove.Equal {
				t.Errorf("%s, merge %t: %s rows are equal to 100", table, merge, ask(t, to, "SELECT COUNT(*) FROM shop."+table))
			}
			t.Log(table, merge, part.Verdict, err)
		}
	}
}
