//go:build real

package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/certtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestRefusedInMidCopy makes the target read-only during the copy: something was
// changed by then, so that this is no refusal, which says that nothing was.
func TestRefusedInMidCopy(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_5000")
	to.Exec(t, "CREATE USER plain IDENTIFIED BY '"+storetest.MariaDBPassword+"'", "GRANT ALL ON shop.* TO plain")
	j := jobOf(t, from, to, "shop")
	j.To.URL = strings.Replace(j.To.URL, storetest.MariaDBUser+"@", "plain@", 1)
	var once sync.Once
	j.Checkpoint = func(step string) {
		if step == "chunk" {
			once.Do(func() { to.Exec(t, "SET GLOBAL read_only = 1") })
		}
	}
	part, err := smallChunks().Copy(t.Context(), j, nil)
	reported := (*events.Error)(nil)
	if !errors.As(err, &reported) || reported.Kind != events.KindPartial || part.Verdict != datamove.Incomplete || !strings.Contains(reported.Advice, "read") {
		t.Errorf("%v, %s", err, part.Verdict)
	}
	to.Exec(t, "SET GLOBAL read_only = 0")
	j.Checkpoint, j.Resume = nil, true
	mustBeEqual(t, j)
}

// TestReplaceStoppedBeforeItCleared: what was to be replaced is still there when the
// run is resumed, with triggers that would fire.
func TestReplaceStoppedBeforeItCleared(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_100", "CREATE TABLE totals (id INT PRIMARY KEY)")
	to.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, "CREATE TABLE mine (id BIGINT PRIMARY KEY)", "INSERT INTO mine VALUES (1)",
		"CREATE VIEW totals AS SELECT id FROM mine", "CREATE TRIGGER tell BEFORE INSERT ON orders FOR EACH ROW INSERT INTO mine VALUES (NEW.id + 100)")
	j := jobOf(t, from, to, "shop")
	j.Store.Existing = datamove.ExistingReplace
	stopAt(t, j, "ledger")
	j.Resume = true
	mustBeEqual(t, j)
	if got := ask(t, to, "SELECT GROUP_CONCAT(id) FROM shop.mine"); got != "1" {
		t.Errorf("the other table holds %s", got)
	}
	if got := ask(t, to, "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'shop'"); got != "0" {
		t.Errorf("%s triggers are left", got)
	}
}

// stopAt runs a copy that is stopped at the first such step.
func stopAt(t *testing.T, j datamove.Job, at string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.Checkpoint = func(step string) {
		if step == at {
			cancel()
		}
	}
	if part, err := smallChunks().Copy(ctx, j, nil); err == nil {
		t.Fatalf("the copy was not stopped at %s: %s", at, part.Verdict)
	}
}

// TestResumeSparesWhatIsNotItsOwn: what somebody else has made in the target since
// is not removed by a run that is resumed.
func TestResumeSparesWhatIsNotItsOwn(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_100", "CREATE VIEW totals AS SELECT 1 AS a")
	j := jobOf(t, from, to, "shop")
	stopAt(t, j, "ledger")
	to.Exec(t, "USE shop", "CREATE TABLE orders (theirs INT PRIMARY KEY)", "INSERT INTO orders VALUES (7)")
	j.Resume = true
	wantRefusal(t, j, events.KindRefused, "orders")
	if got := ask(t, to, "SELECT theirs FROM shop.orders"); got != "7" {
		t.Errorf("their table holds %s", got)
	}
	to.Exec(t, "DROP TABLE shop.orders")
	stopAt(t, j, "table")
	to.Exec(t, "CREATE VIEW shop.totals AS SELECT 'theirs' AS a")
	wantRefusal(t, j, events.KindRefused, "totals")
	if got := ask(t, to, "SELECT a FROM shop.totals"); got != "theirs" {
		t.Errorf("their view says %s", got)
	}
	to.Exec(t, "DROP VIEW shop.totals")
	mustBeEqual(t, j)
}

// TestMergeKeepsRowsWithTheSameUniqueValue: a row of the target that has the email of
// another row of the source must not be turned into it.
func TestMergeKeepsRowsWithTheSameUniqueValue(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	for i, key := range []string{"INT", "VARCHAR(20)", "UUID", "INET6", "DATETIME(6)", "DECIMAL(20,3)", "BINARY(16)", "DOUBLE"} {
		t.Run(key, func(t *testing.T) {
			database := fmt.Sprintf("shop%d", i)
			mine, theirs := "'1'", "'9'"
			switch key {
			case "UUID":
				mine, theirs = "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000009'"
			case "BINARY(16)":
				mine, theirs = "CAST('1' AS BINARY(16))", "CAST('9' AS BINARY(16))"
			case "INET6":
				mine, theirs = "'::1'", "'::9'"
			case "DATETIME(6)":
				mine, theirs = "'2001-01-01'", "'2009-01-01'"
			}
			for _, s := range []*storetest.MariaDBServer{from, to} {
				s.Exec(t, "CREATE DATABASE "+database, "USE "+database, "CREATE TABLE people (id "+key+" PRIMARY KEY, email VARCHAR(50) UNIQUE, v INT)")
			}
			from.Exec(t, "INSERT INTO "+database+".people VALUES ("+mine+", 'same@example.test', 1)")
			to.Exec(t, "INSERT INTO "+database+".people VALUES ("+theirs+", 'same@example.test', 7)")
			j := jobOf(t, from, to, database)
			j.Store.Existing = datamove.ExistingMerge
			part, err := New().Copy(t.Context(), j, nil)
			if err == nil || part.Verdict == datamove.Equal || !strings.Contains(err.Error(), "unique") {
				t.Errorf("%v, %s", err, part.Verdict)
			}
			if got := ask(t, to, "SELECT v FROM "+database+".people WHERE id = "+theirs); got != "7" {
				t.Errorf("their row: %s", got)
			}
			// Without the clash, rows with the same key are written over.
			to.Exec(t, "UPDATE "+database+".people SET email = 'other'", "INSERT INTO "+database+".people VALUES ("+mine+", 'old', 0)")
			j.ID = "run-2"
			mustBeEqual(t, j)
			if got := ask(t, to, "SELECT GROUP_CONCAT(v ORDER BY v) FROM "+database+".people"); got != "1,7" {
				t.Errorf("the rows are %s", got)
			}
		})
	}
}

// TestMergeDoesNotWriteElsewhere: neither through a view of a table's name nor by
// triggers that are there.
func TestMergeDoesNotWriteElsewhere(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY)", "INSERT INTO people VALUES (1),(2)", "CREATE TABLE log (id INT PRIMARY KEY)",
		"CREATE TRIGGER ours AFTER INSERT ON people FOR EACH ROW INSERT INTO log VALUES (NEW.id)", "DELETE FROM log")
	j := jobOf(t, from, to, "shop")
	j.Store.Existing = datamove.ExistingMerge
	to.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE mine (id INT PRIMARY KEY)", "CREATE VIEW people AS SELECT * FROM mine")
	wantRefusal(t, j, events.KindRefused, "view shop.people")
	to.Exec(t, "USE shop", "DROP VIEW people", "CREATE TABLE people (id INT PRIMARY KEY)", "CREATE TRIGGER theirs AFTER INSERT ON people FOR EACH ROW INSERT INTO mine VALUES (NEW.id)")
	wantRefusal(t, j, events.KindRefused, "trigger shop.theirs")
	to.Exec(t, "USE shop", "DROP TRIGGER theirs", "CREATE TABLE log (id INT PRIMARY KEY)", "CREATE TRIGGER ours AFTER INSERT ON people FOR EACH ROW INSERT INTO log VALUES (NEW.id)")
	mustBeEqual(t, j)
	if got := ask(t, to, "SELECT CONCAT((SELECT COUNT(*) FROM shop.mine), (SELECT COUNT(*) FROM shop.log), (SELECT COUNT(*) FROM shop.people))"); got != "002" {
		t.Errorf("rows: %s", got)
	}
	// A key of the target that is another one tells other rows apart.
	to.Exec(t, "USE shop", "DROP TABLE people", "CREATE TABLE people (id INT NOT NULL, x INT NOT NULL DEFAULT 0, PRIMARY KEY (id, x))")
	j.ID = "run-2"
	wantRefusal(t, j, events.KindRefused, "key")
}

// TestRowsTooLargeToHash: rows of which neither server can say a hash must not count
// as equal.
func TestRowsTooLargeToHash(t *testing.T) {
	from, to := storetest.MariaDB(t, "--max-allowed-packet=1M"), storetest.MariaDB(t, "--max-allowed-packet=1M")
	columns, values := "", ""
	for i := range 20 {
		columns += fmt.Sprintf(", c%d TEXT", i)
		values += ", REPEAT('x', 60000)"
	}
	for i, s := range []*storetest.MariaDBServer{from, to} {
		s.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE t (id INT PRIMARY KEY, v INT"+columns+")", fmt.Sprintf("INSERT INTO t SELECT 1, %d%s", i, values))
	}
	part, err := New().Verify(t.Context(), jobOf(t, from, to, "shop"), nil)
	if part.Verdict == datamove.Equal {
		t.Errorf("two other rows are %s (%v)", part.Verdict, err)
	}
	if err == nil || !strings.Contains(err.Error(), "max_allowed_packet") {
		t.Errorf("error: %v", err)
	}
	j := jobOf(t, from, to, "shop")
	j.Store.Existing = datamove.ExistingReplace
	wantRefusal(t, j, events.KindRefused, "max_allowed_packet")
}

// TestNamesWithDots: the table c of database a.b is not the table b.c of database a.
func TestNamesWithDots(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE a", "CREATE DATABASE `a.b`", "CREATE TABLE a.x (id INT PRIMARY KEY)", "CREATE TABLE `a.b`.c (id INT PRIMARY KEY)")
	to.Exec(t, "CREATE DATABASE a", "CREATE DATABASE `a.b`", "CREATE TABLE a.`b.c` (theirs INT)", "CREATE TABLE `a.b`.c (old INT)")
	j := jobOf(t, from, to, "")
	j.Store.Existing = datamove.ExistingReplace
	mustBeEqual(t, j)
	if got := ask(t, to, "SELECT COUNT(*) FROM a.`b.c`"); got != "0" {
		t.Errorf("their table: %s", got)
	}
	from.Exec(t, "CREATE TABLE a.`b.c` (id INT PRIMARY KEY)", "INSERT INTO a.`b.c` VALUES (1)")
	j.ID = "run-2"
	mustBeEqual(t, j)
}

// TestTwoCopiesOfOneDatabaseAmongOthers: one copies all databases, another one of them.
func TestTwoCopiesOfOneDatabaseAmongOthers(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE a", "CREATE DATABASE b", "CREATE TABLE a.t (id INT PRIMARY KEY)", "CREATE TABLE b.t (id INT PRIMARY KEY)")
	j := jobOf(t, from, to, "")
	var second error
	j.Checkpoint = func(step string) {
		if step == "ledger" {
			other := jobOf(t, from, to, "b")
			other.ID, other.Store.Existing = "run-2", datamove.ExistingReplace
			_, second = New().Copy(t.Context(), other, nil)
		}
	}
	mustBeEqual(t, j)
	if second == nil || !strings.Contains(second.Error(), "another copy") {
		t.Errorf("the second copy: %v", second)
	}
}

// TestLongCopyKeepsItsConnections: servers end sessions that say nothing for long.
func TestLongCopyKeepsItsConnections(t *testing.T) {
	from, to := storetest.MariaDB(t, "--wait-timeout=1"), storetest.MariaDB(t, "--wait-timeout=1")
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_10000")
	j := jobOf(t, from, to, "shop")
	j.Store.Throttle.BytesPerSecond = 600 << 10
	var held string
	j.Checkpoint = func(step string) {
		if step == "objects" {
			held = ask(t, to, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE TIME > 2 AND COMMAND = 'Sleep'")
		}
	}
	mustBeEqual(t, j)
	if held == "0" {
		t.Error("the connection that holds the lock was ended")
	}
}

// TestOrphans: foreign keys are not checked while rows are written, so that those
// that break in the target must be found.
func TestOrphans(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY)", "INSERT INTO people VALUES (1),(2),(3)",
		"CREATE TABLE orders (id INT PRIMARY KEY, person INT, CONSTRAINT fk_person FOREIGN KEY (person) REFERENCES people (id))", "INSERT INTO orders VALUES (1,1),(2,3),(3,NULL)")
	orphans := func(part datamove.Part) string {
		var out []string
		for _, o := range part.Objects {
			if o.Kind == "foreign key" && !o.Equal {
				out = append(out, o.Name+": "+o.Changed)
			}
		}
		return strings.Join(out, "; ")
	}
	t.Run("the table referred to is not copied", func(t *testing.T) {
		to.Exec(t, "CREATE OR REPLACE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY)", "INSERT INTO people VALUES (1)")
		j := jobOf(t, from, to, "shop")
		j.Store.Exclude = []string{"people"}
		part, err := New().Copy(t.Context(), j, nil)
		if err != nil || part.Verdict != datamove.Different || !strings.Contains(orphans(part), "shop.orders.fk_person: 1 rows") {
			t.Errorf("%v, %s, %+v", err, part.Verdict, part.Objects)
		}
	})
	t.Run("a table that is not copied refers to one that is replaced", func(t *testing.T) {
		to.Exec(t, "CREATE OR REPLACE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY)", "INSERT INTO people VALUES (1),(9)",
			"CREATE TABLE theirs (id INT PRIMARY KEY, person INT, CONSTRAINT fk_theirs FOREIGN KEY (person) REFERENCES people (id))", "INSERT INTO theirs VALUES (1,1),(2,9)")
		j := jobOf(t, from, to, "shop")
		j.ID, j.Store.Existing = "run-2", datamove.ExistingReplace
		part, err := New().Copy(t.Context(), j, nil)
		if err != nil || part.Verdict != datamove.Different || !strings.Contains(orphans(part), "shop.theirs.fk_theirs: 1 rows") {
			t.Errorf("%v, %s, %+v", err, part.Verdict, part.Objects)
		}
	})
	t.Run("those of the source are kept", func(t *testing.T) {
		from.Exec(t, "SET foreign_key_checks = 0", "INSERT INTO shop.orders VALUES (9, 99)")
		to.Exec(t, "DROP DATABASE shop")
		j := jobOf(t, from, to, "shop")
		j.ID = "run-3"
		mustBeEqual(t, j)
		to.Exec(t, "DROP DATABASE shop")
		j.ID, j.Store.MySQL.Subset = "run-4", datamove.Subset{Table: "orders", Where: "id > 1"}
		mustBeEqual(t, j)
	})
}

// TestDifferencesOfPrintedKeys: keys that client and server print in other ways are
// still the same keys.
func TestDifferencesOfPrintedKeys(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE d (k DOUBLE PRIMARY KEY, v INT)", "INSERT INTO d SELECT seq * 1e20, seq FROM seq_1_to_5000",
		"CREATE TABLE z (k INT(8) UNSIGNED ZEROFILL PRIMARY KEY, v INT)", "INSERT INTO z SELECT seq, seq FROM seq_1_to_5000",
		"CREATE TABLE y (k YEAR, i INT, v INT, PRIMARY KEY (k, i))", "INSERT INTO y SELECT 0, seq, seq FROM seq_1_to_5000")
	j := jobOf(t, from, to, "shop")
	mustBeEqual(t, j)
	to.Exec(t, "USE shop", "UPDATE d SET v = -1 WHERE k = 7e20", "UPDATE z SET v = -1 WHERE k = 7", "UPDATE y SET v = -1 WHERE i = 7")
	part, err := New().Verify(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range part.Differences {
		got = append(got, d.Unit+" "+d.What+" "+d.ID)
	}
	if want := []string{"shop.d changed (7e20)", "shop.y changed (0000, 7)", "shop.z changed (00000007)"}; !slices.Equal(got, want) {
		t.Errorf("differences %v (and %d more), want %v", got, part.MoreDifferences, want)
	}
	to.Exec(t, "USE shop", "INSERT INTO d VALUES (-1e30, 0)", "INSERT INTO z VALUES (99999, 0)")
	j.ID, j.Store.Existing = "run-2", datamove.ExistingMerge
	mustBeEqual(t, j)
}

// TestLedgerInTheSource: a source that is the target of a copy under way.
func TestLedgerInTheSource(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY)", "CREATE TABLE shop."+ledgerName+" (id INT PRIMARY KEY)")
	part := mustBeEqual(t, jobOf(t, from, to, "shop"))
	if !slices.ContainsFunc(part.LeftOut, func(l datamove.LeftOut) bool { return l.What == "table shop."+ledgerName }) {
		t.Errorf("left out: %+v", part.LeftOut)
	}
	if !slices.ContainsFunc(part.Warnings, func(w string) bool { return strings.Contains(w, ledgerName) }) {
		t.Errorf("warnings: %v", part.Warnings)
	}
}

// TestKeyGoneFromTheTarget: a table without its key is a difference, no error.
func TestKeyGoneFromTheTarget(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY, b INT)", "INSERT INTO shop.a VALUES (1,1),(2,2)")
	j := jobOf(t, from, to, "shop")
	mustBeEqual(t, j)
	to.Exec(t, "ALTER TABLE shop.a DROP PRIMARY KEY")
	part, err := New().Verify(t.Context(), j, nil)
	if err != nil || part.Verdict != datamove.Different {
		t.Errorf("%v, %s", err, part.Verdict)
	}
}

// TestPacketOfInserts: a merge writes by INSERT, whose statements are larger than the
// least packets.
func TestPacketOfInserts(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t, "--max-allowed-packet=1M")
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_10000")
	j := jobOf(t, from, to, "shop")
	j.Store.Existing = datamove.ExistingMerge
	wantRefusal(t, j, events.KindRefused, "max_allowed_packet")
	j.Store.Existing = ""
	mustBeEqual(t, j)
}

// TestMaskedAndEncrypted: through the driver, which parses numbers, the client still
// hashes what the target does.
func TestMaskedAndEncrypted(t *testing.T) {
	cert, key := certtest.Write(t)
	source, target := storetest.MariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+cert), storetest.MariaDB(t)
	loadCorpus(t, source)
	source.Exec(t, "CREATE USER safe IDENTIFIED BY '"+storetest.MariaDBPassword+"' REQUIRE SSL", "GRANT ALL ON *.* TO safe")
	j := jobOf(t, source, target, "")
	j.From.URL = strings.Replace(j.From.URL, storetest.MariaDBUser, "safe", 1)
	j.From.CA = cert
	j.Store.Exclude = []string{"corpus.enums"} // an invalid ENUM cannot go as text
	j.Mask = columnMask{func(_, _, column string) bool { return column == "id" || column == "v" }, identity}
	mustBeEqual(t, j)
}

// TestOrphansOfAMerge are told, for the target may have had them before.
func TestOrphansOfAMerge(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	for _, s := range []*storetest.MariaDBServer{from, to} {
		s.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY)",
			"CREATE TABLE orders (id INT PRIMARY KEY, person INT, CONSTRAINT fk_person FOREIGN KEY (person) REFERENCES people (id))")
	}
	from.Exec(t, "INSERT INTO shop.people VALUES (1)", "INSERT INTO shop.orders VALUES (1,1)")
	to.Exec(t, "SET foreign_key_checks = 0", "INSERT INTO shop.orders VALUES (9,9)")
	j := jobOf(t, from, to, "shop")
	j.Store.Existing = datamove.ExistingMerge
	part := mustBeEqual(t, j)
	if !slices.ContainsFunc(part.Warnings, func(w string) bool { return strings.Contains(w, "shop.orders.fk_person: 1 rows") }) {
		t.Errorf("warnings: %v", part.Warnings)
	}
}
