//go:build real

package mysql

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestSnapshotIsOneMoment copies while a writer moves an amount between two tables:
// in any one moment the sum is the same.
func TestSnapshotIsOneMoment(t *testing.T) {
	for _, tc := range []struct {
		mode, method string
		args         []string
	}{
		{mode: "", method: "one connection"},
		{mode: "lock", method: "begun under a lock"},
		{mode: "proof", method: ""}, // proven, or one connection with a warning: writes may never pause
		{mode: "proof", method: "", args: []string{"--log-bin=binlog", "--server-id=1"}},
	} {
		t.Run(tc.mode+strings.Join(tc.args, ""), func(t *testing.T) {
			from, to := storetest.MariaDB(t, tc.args...), storetest.MariaDB(t)
			from.Exec(t, "CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT PRIMARY KEY, n INT)", "CREATE TABLE b LIKE a",
				"INSERT INTO a SELECT seq, 100 FROM seq_1_to_2000", "INSERT INTO b SELECT seq, 100 FROM seq_1_to_2000")
			stop := writer(t, from)
			j := jobOf(t, from, to, "d")
			j.Store.MySQL.Snapshot = tc.mode
			part := mustBeEqual(t, j)
			stop()
			t.Logf("%s %v %v", part.Snapshot.Method, part.Snapshot.Position, part.Warnings)
			if !strings.Contains(part.Snapshot.Method, tc.method) || !part.Snapshot.Consistent {
				t.Errorf("snapshot: %+v", part.Snapshot)
			}
			var sum int
			if err := to.DB(t).QueryRow("SELECT (SELECT SUM(n) FROM d.a) + (SELECT SUM(n) FROM d.b)").Scan(&sum); err != nil || sum != 400000 {
				t.Errorf("the sum is %d: %v", sum, err)
			}
		})
	}
}

// TestProofOnAReplica: its binary log does not tell of what it replays.
func TestProofOnAReplica(t *testing.T) {
	primary, replica := storetest.MariaDB(t, "--log-bin=binlog", "--server-id=1"), storetest.MariaDB(t, "--log-bin=binlog", "--server-id=2")
	to := storetest.MariaDB(t)
	host, port, _ := strings.Cut(primary.Address, ":")
	replica.Exec(t, fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='%s', MASTER_PORT=%s, MASTER_USER='%s', MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos",
		host, port, storetest.MariaDBUser, storetest.MariaDBPassword), "START SLAVE")
	primary.Exec(t, "CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT PRIMARY KEY, n INT)", "CREATE TABLE b LIKE a",
		"INSERT INTO a SELECT seq, 100 FROM seq_1_to_2000", "INSERT INTO b SELECT seq, 100 FROM seq_1_to_2000")
	for ask(t, replica, "SELECT COUNT(*) FROM d.b") != "2000" {
		if t.Context().Err() != nil {
			t.Fatal("the replica does not follow")
		}
	}
	stop := writer(t, primary)
	defer stop()
	for round := range 4 {
		j := jobOf(t, replica, to, "d")
		j.ID, j.Store.MySQL.Snapshot, j.Store.Existing = fmt.Sprintf("run-%d", round), "proof", datamove.ExistingReplace
		part := mustBeEqual(t, j)
		if got := ask(t, to, "SELECT (SELECT SUM(n) FROM d.a) + (SELECT SUM(n) FROM d.b)"); got != "400000" {
			t.Errorf("%s: the sum is %s", part.Snapshot.Method, got)
		}
	}
}

func writer(t *testing.T, s *storetest.MariaDBServer) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	db := s.DB(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			id := 1 + n%2000
			_, err := db.ExecContext(ctx, fmt.Sprintf("START TRANSACTION; UPDATE d.a SET n=n-1 WHERE id=%d; UPDATE d.b SET n=n+1 WHERE id=%d; COMMIT", id, id))
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

func TestSnapshotProofWhenNobodyWrites(t *testing.T) {
	for by, args := range map[string][]string{"their read views": nil, "the binary log": {"--log-bin=binlog", "--server-id=1"}} {
		from, to := storetest.MariaDB(t, args...), storetest.MariaDB(t)
		from.Exec(t, "CREATE DATABASE d", "USE d", "CREATE TABLE d.a (id INT PRIMARY KEY)", "INSERT INTO d.a SELECT seq FROM seq_1_to_100", "CREATE TABLE d.b LIKE d.a")
		j := jobOf(t, from, to, "d")
		j.Store.MySQL.Snapshot = "proof"
		part := mustBeEqual(t, j)
		if !strings.Contains(part.Snapshot.Method, "2 connections, proven by "+by+" to see") || len(part.Warnings) > 0 {
			t.Errorf("%v: snapshot %+v, warnings %v", args, part.Snapshot, part.Warnings)
		}
	}
}
