//go:build real

package mysql

import (
	"bytes"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// columnMask masks the columns whose names fit.
type columnMask struct {
	fits func(database, table, column string) bool
	mask func(dst, value []byte) ([]byte, bool, error)
}

func (m columnMask) Column(database, table, column string) datamove.Transform {
	if !m.fits(database, table, column) {
		return nil
	}
	return transform(m.mask)
}
func (m columnMask) Key(string) datamove.KeyMask      { return nil }
func (m columnMask) Object(string) datamove.Transform { return nil }
func (m columnMask) Fingerprint() string              { return "fingerprint" }

type transform func(dst, value []byte) ([]byte, bool, error)

func (f transform) Mask(dst, value []byte) ([]byte, bool, error) { return f(dst, value) }
func (f transform) As() string                                   { return "text" }

func identity(dst, value []byte) ([]byte, bool, error) { return append(dst, value...), false, nil }

// TestClientHashesAsServersDo masks a column of every table of the corpus with what
// it is, so that all rows are hashed by the client and compared with the target's.
func TestClientHashesAsServersDo(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	j := jobOf(t, source, target, "")
	j.Mask = columnMask{func(string, string, string) bool { return true }, identity}
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range part.Units {
		// An invalid ENUM cannot go as text; it must be told.
		if !u.Equal && u.Name != "corpus.enums" {
			t.Errorf("%s: %+v, %+v", u.Name, u.Source, u.Target)
		}
	}
	// One column alone: the others are copied as they are, whatever their charset.
	j.Mask = columnMask{func(_, _, column string) bool { return column == "id" }, identity}
	j.Store.Existing, j.ID, j.Store.Exclude = datamove.ExistingReplace, "run-2", []string{"corpus.enums"}
	mustBeEqual(t, j)
	// Unmasked, they are compared by the other hash.
	j.Mask = nil
	if part, err = New().Verify(t.Context(), j, nil); err != nil || part.Verdict != datamove.Equal {
		t.Errorf("verify: %v, %s %s %+v", err, part.Verdict, part.Reason, part.Differences)
	}
}

func TestMasked(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	source.Exec(t, "CREATE DATABASE shop", "USE shop",
		"CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(50) UNIQUE, name VARCHAR(50) CHARACTER SET latin1, kind ENUM('a','b') NOT NULL)",
		"INSERT INTO people SELECT seq, IF(seq%3=0, NULL, CONCAT('p',seq,'@Example.test')), CONCAT('Zoë ', seq), 1+seq%2 FROM seq_1_to_5000",
		"CREATE TABLE logins (email VARCHAR(50) PRIMARY KEY)", "INSERT INTO logins SELECT email FROM people WHERE email IS NOT NULL")
	upper := func(dst, value []byte) ([]byte, bool, error) {
		if bytes.HasSuffix(value, []byte("p7@Example.test")) {
			return dst, true, nil
		}
		return append(dst, strings.ToUpper(string(value))...), false, nil
	}
	j := jobOf(t, source, target, "shop")
	j.Mask = columnMask{func(_, _, column string) bool { return column == "email" && true }, upper}
	j.Store.Exclude = []string{"logins"}
	part := mustBeEqual(t, j)
	masked := 5000 - 5000/3
	if len(part.Masked) != 1 || part.Masked[0].Count != int64(masked) || part.Masked[0].Field != "shop.people.email" {
		t.Errorf("masked: %+v", part.Masked)
	}
	if n := ask(t, target, "SELECT COUNT(*), SUM(BINARY email = BINARY UPPER(email)), SUM(email IS NULL), MAX(BINARY name = 'Zoë 1') FROM shop.people"); n != ask(t, target, "SELECT 5000, 3333, 1667, 1") {
		t.Errorf("target: %s", n)
	}
	if part, err := New().Verify(t.Context(), j, nil); err != nil || part.Verdict != datamove.Equal {
		t.Errorf("verify: %v %+v", err, part)
	}
	// A masked key: the rows cannot be found by it, and are compared as a whole.
	j.Store.Exclude, j.Store.Include, j.ID = nil, []string{"logins"}, "run-2"
	j.Mask = columnMask{func(_, _, column string) bool { return column == "email" }, func(dst, v []byte) ([]byte, bool, error) {
		return append(append(dst, v...), 'x'), false, nil
	}}
	mustBeEqual(t, j)
}

// TestMismatchIsNarrowed spoils rows of the target.
func TestMismatchIsNarrowed(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	source.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_30000")
	j := jobOf(t, source, target, "shop")
	mustBeEqual(t, j)
	target.Exec(t, "UPDATE shop.orders SET note=CONCAT(note,' ') WHERE id=777", "DELETE FROM shop.orders WHERE id=20000",
		"INSERT INTO shop.orders SELECT 99999999,customer_id,product_id,status,amount,email,created,updated,note,token FROM shop.orders WHERE id=1")
	for _, mask := range []datamove.Masker{nil, columnMask{func(_, _, c string) bool { return c == "email" }, identity}} {
		j.Mask = mask
		part, err := New().Verify(t.Context(), j, nil)
		if err != nil || part.Verdict != datamove.Different {
			t.Fatalf("verify: %v %s", err, part.Verdict)
		}
		got := map[string]string{}
		for _, d := range part.Differences {
			got[d.ID] = d.What
		}
		if len(got) != 3 || got["(777)"] != "changed" || got["(20000)"] != "missing" || got["(99999999)"] != "extra" {
			t.Errorf("differences: %v", part.Differences)
		}
	}
}
