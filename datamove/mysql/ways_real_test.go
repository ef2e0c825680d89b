//go:build real

package mysql

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/certtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestWithoutBulk writes through encryption, where there are no bulk statements: by
// LOAD DATA, and by INSERT where that is not allowed.
func TestWithoutBulk(t *testing.T) {
	cert, key := certtest.Write(t)
	source := storetest.MariaDB(t)
	loadCorpus(t, source)
	source.Exec(t, "CREATE DATABASE IF NOT EXISTS big", "USE big", bigTable, bigRows+"seq_1_to_60000")
	for _, local := range []string{"1", "0"} {
		t.Run("local_infile="+local, func(t *testing.T) {
			target := storetest.MariaDB(t, "--local-infile="+local, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+cert)
			j := jobOf(t, source, target, "")
			j.To.CA = cert
			mustBeEqual(t, j)
			for _, database := range append(corpusDatabases(), "big") {
				sameRows(t, source, target, database, database)
			}
		})
	}
}

// TestBytesAsDigits writes bytes as it does to a MySQL.
func TestBytesAsDigits(t *testing.T) {
	cert, key := certtest.Write(t)
	source, target := storetest.MariaDB(t), storetest.MariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+cert)
	loadCorpus(t, source)
	a := New()
	a.hexed = true
	j := jobOf(t, source, target, "")
	j.To.CA = cert // no bulk statements, as MySQL has none
	part, err := a.Copy(t.Context(), j, nil)
	if err != nil || part.Verdict != datamove.Equal {
		t.Fatalf("%v, %s %s %+v", err, part.Verdict, part.Reason, part.Differences)
	}
	for _, database := range corpusDatabases() {
		sameRows(t, source, target, database, database)
	}
}

// TestEncrypted reads through the driver, which decrypts.
func TestEncrypted(t *testing.T) {
	cert, key := certtest.Write(t)
	args := []string{"--ssl-cert=" + cert, "--ssl-key=" + key, "--ssl-ca=" + cert}
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	source.Exec(t, "CREATE DATABASE IF NOT EXISTS big", "USE big", bigTable, bigRows+"seq_1_to_20000")
	source.Stop()
	source = source.With(t, args...)
	source.Exec(t, "CREATE USER safe IDENTIFIED BY '"+storetest.MariaDBPassword+"' REQUIRE SSL", "GRANT ALL ON *.* TO safe")
	j := jobOf(t, source, target, "")
	j.From.URL = strings.Replace(j.From.URL, storetest.MariaDBUser, "safe", 1)
	j.From.CA = cert
	mustBeEqual(t, j)
	for _, database := range append(corpusDatabases(), "big") {
		sameRows(t, source, target, database, database)
	}
	j.From.CA = ""
	if _, err := New().Copy(t.Context(), j, nil); err == nil {
		t.Error("the source took a connection in the clear")
	}
	other, _ := certtest.Write(t)
	j.From.CA = other
	if _, err := New().Copy(t.Context(), j, nil); err == nil {
		t.Error("a certificate of somebody else was taken")
	}
}

func TestExistingRows(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	table := "CREATE TABLE t (id INT PRIMARY KEY, v TEXT)"
	source.Exec(t, "CREATE DATABASE d", "USE d", table, "INSERT INTO t SELECT seq, CONCAT('v',seq) FROM seq_1_to_3000")
	target.Exec(t, "CREATE DATABASE d", "USE d", table, "INSERT INTO t VALUES (5,'old'),(100000,'kept')", "CREATE TABLE other (a INT)")
	j := jobOf(t, source, target, "d")
	if part, err := New().Copy(t.Context(), j, nil); err == nil || part.Verdict != datamove.Refused {
		t.Fatalf("existing=fail: %v %s", err, part.Verdict)
	}
	j.Store.Existing = datamove.ExistingMerge
	part := mustBeEqual(t, j)
	if got := ask(t, target, "SELECT COUNT(*), MAX(id=100000 AND v='kept'), MAX(id=5 AND v='v5') FROM d.t"); got != ask(t, target, "SELECT 3001, 1, 1") {
		t.Errorf("target: %s, %+v", got, part)
	}
	j.Store.Existing, j.ID = datamove.ExistingReplace, "run-2"
	mustBeEqual(t, j)
	if got := ask(t, target, "SELECT COUNT(*) FROM d.t"); got != ask(t, target, "SELECT 3000") {
		t.Errorf("target: %s", got)
	}
	if got := ask(t, target, "SELECT COUNT(*) FROM d.other"); got != ask(t, target, "SELECT 0") {
		t.Errorf("the other table: %s", got)
	}
}
