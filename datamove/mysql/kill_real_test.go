//go:build real

package mysql

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// childEnv holds the job of a copier that is a process of its own.
const childEnv = "SHAKEDOWN_TEST_COPIER"

// smallChunks makes many chunks of few rows.
func smallChunks() *Adapter { return &Adapter{chunk: 96 << 10} }

// TestCopier is the child of the kill tests; alone it does nothing.
func TestCopier(t *testing.T) {
	text, child := os.LookupEnv(childEnv)
	if !child {
		return
	}
	j := datamove.Job{}
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	j.From.Secret, j.To.Secret, j.Now = storetest.MariaDBPassword, storetest.MariaDBPassword, time.Now
	a := smallChunks()
	if os.Getenv(childEnv+"_PEAK") != "" {
		a = New()
	}
	if _, err := a.Copy(t.Context(), j, nil); err != nil {
		t.Fatal(err)
	}
	if err := writePeak(filepath.Join(j.StateDir, "peak")); err != nil {
		t.Fatal(err)
	}
}

// killTables are the tables of a database that is copied while somebody dies: with
// AUTO_INCREMENT, with a key of two columns, and with none.
var killTables = []string{"orders", "items", "nokey"}

func killSource(t *testing.T, s *storetest.MariaDBServer) {
	s.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_20000",
		"CREATE TABLE items (a VARCHAR(40) COLLATE utf8mb4_unicode_ci, b BINARY(4), c VARCHAR(200), UNIQUE KEY (c), PRIMARY KEY (a,b))",
		"INSERT INTO items SELECT CONCAT('Ä', seq%50), UNHEX(LPAD(HEX(seq),8,'0')), CONCAT(seq, REPEAT('é', seq%90)) FROM seq_1_to_15000",
		"CREATE TABLE nokey (a INT, b TEXT)", "INSERT INTO nokey SELECT seq%10, REPEAT('x', seq%100) FROM seq_1_to_5000",
		"CREATE VIEW v AS SELECT COUNT(*) FROM orders")
}

// inTheWay makes what a copy has to replace, with a trigger that writes into what it
// has not.
func inTheWay(t *testing.T, to *storetest.MariaDBServer) {
	to.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE mine (id INT PRIMARY KEY)", "INSERT INTO mine VALUES (1)",
		bigTable, "INSERT INTO orders (id, customer_id, product_id, status, amount, email, created, token) VALUES (7, 1, 1, 'old', 1, '', NOW(), '')",
		"CREATE TRIGGER tell AFTER INSERT ON orders FOR EACH ROW INSERT IGNORE INTO mine VALUES (NEW.id)", "CREATE VIEW items AS SELECT * FROM mine", "CREATE TABLE v (a INT)")
}

// change alters rows of the source between a kill and the resumption.
func change(t *testing.T, s *storetest.MariaDBServer, r *rand.Rand) {
	n := r.IntN(20000)
	s.Exec(t, fmt.Sprintf("UPDATE shop.orders SET status=%d WHERE id IN (%d,%d)", r.IntN(1000), n, r.IntN(20000)),
		fmt.Sprintf("DELETE FROM shop.orders WHERE id BETWEEN %d AND %d", n, n+3),
		fmt.Sprintf("INSERT INTO shop.items VALUES ('Ä%d','%04d','new %d')", r.IntN(60), r.IntN(9999), r.Int64()))
	if r.IntN(4) == 0 {
		s.Exec(t, "INSERT INTO shop.nokey VALUES (1,'one more')")
	}
}

func TestKillAnywhere(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	killSource(t, from)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	typical := measure(t, from, to)
	outcomes := map[string]int{}
	for i := range 80 {
		victim := []string{"copier", "source", "target"}[i%3]
		to.Exec(t, "DROP DATABASE IF EXISTS shop")
		j := jobOf(t, from, to, "shop")
		j.ID = fmt.Sprintf("kill-%d", i)
		if r.IntN(3) == 0 {
			j.Store.Existing = datamove.ExistingReplace
			inTheWay(t, to)
		}
		before := checksums(t, from, killTables...)
		dead := killDuring(t, j, victim, from, to, time.Duration(r.Int64N(int64(typical))))
		if !dead { // the machine is faster than it was
			typical = typical * 19 / 20
		} else if r.IntN(2) == 0 {
			change(t, from, r)
		}
		outcomes[victim+" "+string(j.Store.Existing)+" "+resumed(t, j, from, to, before)]++
		if j.Store.Existing != "" {
			if got := ask(t, to, "SELECT CONCAT(GROUP_CONCAT(id), (SELECT COUNT(*) FROM information_schema.TRIGGERS)) FROM shop.mine"); got != "10" {
				t.Fatalf("%s: what is not of the copy: %s", j.ID, got)
			}
		}
	}
	t.Logf("typical %v, outcomes %v", typical, outcomes)
}

func measure(t *testing.T, from, to *storetest.MariaDBServer) time.Duration {
	began := time.Now()
	j := jobOf(t, from, to, "shop")
	child := copier(t, j, "")
	if err := child.Wait(); err != nil {
		t.Fatalf("undisturbed copier: %v", err)
	}
	sameTables(t, from, to, killTables...)
	return time.Since(began)
}

// copier starts the copy in a process of its own, with chunks of the usual size
// where its peak is wanted.
func copier(t *testing.T, j datamove.Job, peak string) *exec.Cmd {
	type portable struct {
		ID       string
		Store    datamove.Store
		From, To datamove.Access
		StateDir string
	}
	text, err := json.Marshal(portable{j.ID, j.Store, j.From, j.To, j.StateDir})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestCopier$")
	child.Env = append(os.Environ(), childEnv+"="+string(text), childEnv+"_PEAK="+peak)
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child
}

// killDuring says whether the copy did not end by itself.
func killDuring(t *testing.T, j datamove.Job, victim string, from, to *storetest.MariaDBServer, after time.Duration) bool {
	child := copier(t, j, "")
	timer := time.NewTimer(after)
	defer timer.Stop()
	<-timer.C
	switch victim {
	case "copier":
		_ = child.Process.Kill()
	case "source":
		from.Kill()
	case "target":
		to.Kill()
	}
	err := child.Wait()
	switch victim {
	case "source":
		from.Start(t)
	case "target":
		to.Start(t)
	}
	return err != nil
}

// hasEnded says whether the copy had come to its end when it was killed: it was equal, and
// its ledger is gone.
func hasEnded(t *testing.T, j datamove.Job, to *storetest.MariaDBServer) bool {
	_, err := os.Stat(filepath.Join(j.StateDir, finishedFile))
	return err == nil && ledgers(t, to) == 0
}

// ledgers counts the ledgers that are left in the target.
func ledgers(t *testing.T, to *storetest.MariaDBServer) (left int) {
	if err := to.DB(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = ?", ledgerTable).Scan(&left); err != nil {
		t.Fatal(err)
	}
	return left
}

// comparedAgain wants of the resumption of a copy that had ended that it says what is: equal
// while the source is the same, else different, with the reason.
func comparedAgain(t *testing.T, j datamove.Job, part datamove.Part, err error, same bool) {
	said := slices.ContainsFunc(part.Warnings, func(w string) bool { return strings.HasPrefix(w, "resume: run "+j.ID+" was equal") })
	if err != nil || (part.Verdict == datamove.Equal) != same || said == same {
		t.Fatalf("%s: compared again, the source is the same: %v: %v, %s: %s %+v %v", j.ID, same, err, part.Verdict, part.Reason, part.Differences, part.Warnings)
	}
}

// TestChangedAfterTheEnd: a process dies after its copy has ended and before anybody has
// noted it; the source is changed, and the run is resumed.
func TestChangedAfterTheEnd(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	killSource(t, from)
	j := jobOf(t, from, to, "shop")
	mustBeEqual(t, j)
	before := checksums(t, from, killTables...)
	if how := resumed(t, j, from, to, before); how != "compared again" {
		t.Fatalf("it was %s", how)
	}
	from.Exec(t, "DELETE FROM shop.orders WHERE id = 9")
	if how := resumed(t, j, from, to, before); how != "compared again" {
		t.Fatalf("it was %s", how)
	}
}

// resumed goes on and wants equality, checked by the servers' own checksums. A copy that
// had ended when it was killed is compared again; it shows the source as it was before.
func resumed(t *testing.T, j datamove.Job, from, to *storetest.MariaDBServer, before map[string]int64) string {
	j.Resume = true
	ended := hasEnded(t, j, to)
	part, err := smallChunks().Copy(t.Context(), j, nil)
	if ended {
		comparedAgain(t, j, part, err, cmp.Diff(before, checksums(t, from, killTables...)) == "")
		if diff := cmp.Diff(before, checksums(t, to, killTables...)); diff != "" {
			t.Errorf("%s: the target of a run that had ended was changed: %s", j.ID, diff)
		}
		return "compared again"
	}
	if err != nil || part.Verdict != datamove.Equal {
		t.Fatalf("%s: resumed: %v, %s: %s %+v %+v", j.ID, err, part.Verdict, part.Reason, part.Differences, part.Objects)
	}
	sameTables(t, from, to, killTables...)
	if ledgers(t, to) != 0 {
		t.Fatalf("%s: the ledger is still there", j.ID)
	}
	if !slices.ContainsFunc(part.Objects, func(o datamove.Object) bool { return o.Kind == "view" && o.Equal }) {
		t.Fatalf("%s: no view: %+v", j.ID, part.Objects)
	}
	if part.Resumed > 0 {
		return "resumed"
	}
	return "begun anew"
}
