//go:build real

package mysql

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func jobOf(t testing.TB, from, to *storetest.MariaDBServer, database string) datamove.Job {
	t.Helper()
	return datamove.Job{
		ID: "run-1", Now: time.Now, StateDir: t.TempDir(),
		Store: datamove.Store{Name: "db"},
		From:  access(from.URL(database)), To: access(to.URL(database)),
	}
}

func access(url string) datamove.Access {
	return datamove.Access{Endpoint: datamove.Endpoint{URL: url}, Secret: storetest.MariaDBPassword}
}

// mustBeEqual copies and wants it to be told equal and to be equal.
func mustBeEqual(t testing.TB, j datamove.Job) datamove.Part {
	t.Helper()
	part, err := New().Copy(t.Context(), j, nil)
	if err != nil {
		t.Fatalf("copy: %v", err)
	}
	if part.Verdict != datamove.Equal {
		t.Fatalf("the copy is %s: %s\ndifferences %+v\nwarnings %v", part.Verdict, part.Reason, part.Differences, part.Warnings)
	}
	return part
}

const bigTable = `CREATE TABLE orders (
 id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
 customer_id INT NOT NULL, product_id INT NOT NULL, status VARCHAR(20) NOT NULL, amount DECIMAL(12,2) NOT NULL,
 email VARCHAR(100) NOT NULL, created DATETIME NOT NULL, updated TIMESTAMP(6) NULL, note TEXT, token CHAR(32) NOT NULL,
 KEY customer (customer_id), KEY created (created), KEY email (email)) DEFAULT CHARSET=utf8mb4`

const bigRows = `INSERT INTO orders SELECT seq, 1+(seq*7919)%100000, 1+seq%5000, ELT(1+seq%4,'new','paid','shipped','returned'),
 (seq*37%1000000)/100, CONCAT('user',(seq*7919)%100000,'@example.test'), '2024-01-01'+INTERVAL (seq*31) % 30000000 SECOND,
 IF(seq%7=0,NULL,'2024-06-01'+INTERVAL seq%10000000 SECOND), CONCAT('Note ',seq,':\t',REPEAT('lorem ',1+seq%20)), MD5(seq) FROM `

func TestCopyPlain(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_120000",
		"CREATE TABLE nokey (a INT, b TEXT)", "INSERT INTO nokey SELECT seq%10, REPEAT('x', seq%100) FROM seq_1_to_1000",
		"CREATE TABLE empty (a INT PRIMARY KEY)")
	part := mustBeEqual(t, jobOf(t, from, to, "shop"))
	if len(part.Units) != 3 || part.Units[2].Source.Items+part.Units[1].Source.Items+part.Units[0].Source.Items != 121000 {
		t.Errorf("units: %+v", part.Units)
	}
	sameTables(t, from, to, "orders", "nokey", "empty")
}

// sameTables asks the servers themselves, by another way than the copy.
func sameTables(t testing.TB, from, to *storetest.MariaDBServer, tables ...string) {
	t.Helper()
	if diff := cmp.Diff(checksums(t, from, tables...), checksums(t, to, tables...)); diff != "" {
		t.Errorf("checksums of the source and of the target: %s", diff)
	}
}

func checksums(t testing.TB, s *storetest.MariaDBServer, tables ...string) map[string]int64 {
	t.Helper()
	db := s.DB(t)
	defer db.Close()
	out := map[string]int64{}
	for _, table := range tables {
		var name string
		var sum int64
		if err := db.QueryRow("CHECKSUM TABLE shop."+table).Scan(&name, &sum); err != nil {
			t.Fatal(err)
		}
		out[table] = sum
	}
	return out
}
