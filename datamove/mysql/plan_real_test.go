//go:build real

package mysql

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestPlan(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_5000", "CREATE TABLE nokey (f FLOAT)", "ANALYZE TABLE orders")
	plan, err := New().Plan(t.Context(), jobOf(t, from, to, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	hows := map[string]string{}
	for _, u := range plan.Units {
		hows[u.Name] = u.How
		if u.Name == "shop.orders" && (u.Items < 4000 || u.Bytes < 500_000) {
			t.Errorf("%+v", u)
		}
	}
	if hows["shop.orders"] != "chunks by (id)" || !strings.HasPrefix(hows["shop.nokey"], "one stream") {
		t.Errorf("hows: %v", hows)
	}
	if plan.From.Product != "MariaDB" || plan.From.Fingerprint == plan.To.Fingerprint || plan.Estimate <= 0 || plan.Method != "one connection" {
		t.Errorf("plan: %+v", plan)
	}
	if got := ask(t, to, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='shop'"); got != "0" {
		t.Error("the look has changed the target")
	}
}

func TestFields(t *testing.T) {
	from := storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(50) UNIQUE, shape POINT, f FLOAT)",
		"INSERT INTO people SELECT seq, CONCAT('p',seq,'@example.test'), NULL, 0.1 FROM seq_1_to_50")
	fields, err := New().Fields(t.Context(), jobOf(t, from, from, "shop"), 3)
	if err != nil || len(fields) != 4 {
		t.Fatal(fields, err)
	}
	email := fields[1]
	if email.Name != "shop.people.email" || !email.Unique || email.Type != "varchar(50)" || len(email.Samples) != 3 || email.Samples[0] != "p1@example.test" {
		t.Errorf("%+v", email)
	}
}

// TestThrottle wants the copy to take as long as the rate asks for.
func TestThrottle(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_10000")
	j := jobOf(t, from, to, "shop")
	j.Store.Throttle.BytesPerSecond = 1 << 20 // there are 2 MB
	began := time.Now()
	mustBeEqual(t, j)
	if took := time.Since(began); took < 1500*time.Millisecond {
		t.Errorf("2 MB at 1 MB/s took %v", took)
	}
	// A busy source holds the copy up until it is idle again.
	to.Exec(t, "DROP DATABASE shop")
	j.ID, j.Store.Throttle = "run-2", datamove.Throttle{MaxThreadsRunning: 3}
	busy := from.DB(t)
	var wg sync.WaitGroup
	began = time.Now()
	for range 6 {
		wg.Go(func() { _, _ = busy.ExecContext(t.Context(), "DO SLEEP(2)") })
	}
	for ask(t, from, "SELECT COUNT(*) > 5 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'") != "1" {
		if t.Context().Err() != nil {
			t.Fatal("nobody sleeps")
		}
	}
	mustBeEqual(t, j)
	wg.Wait()
	if took := time.Since(began); took < 1800*time.Millisecond {
		t.Errorf("the copy did not wait for the source: %v", took)
	}
}
