//go:build real

package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// endInserts ends so many statements that insert orders, or fewer when ctx ends.
func endInserts(ctx context.Context, db *sql.DB, most int) (killed int) {
	for killed < most && ctx.Err() == nil {
		var id int64
		err := db.QueryRowContext(ctx, "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO `shop`.`orders`%' LIMIT 1").Scan(&id)
		if err != nil {
			continue
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("KILL QUERY %d", id)); err == nil {
			killed++
		}
	}
	return killed
}

// TestChunkAgain ends statements of the loaders: their chunks are read and written
// again, and nothing is there twice.
func TestChunkAgain(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_150000")
	db := to.DB(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	killed := 0
	wg.Go(func() { killed = endInserts(ctx, db, 2) })
	part := mustBeEqual(t, jobOf(t, from, to, "shop"))
	cancel()
	wg.Wait()
	if killed == 0 {
		t.Error("no statement was ended")
	}
	t.Logf("%d ended; %d chunks", killed, len(part.Units[0].Chunks))
	sameTables(t, from, to, "orders")
}

func TestTwoCopiesIntoOneDatabase(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.orders (a INT PRIMARY KEY)")
	j := jobOf(t, from, to, "shop")
	var second error
	j.Checkpoint = func(step string) {
		if step == "ledger" {
			other := jobOf(t, from, to, "shop")
			other.ID, other.Store.Existing = "run-2", datamove.ExistingReplace
			_, second = New().Copy(t.Context(), other, nil)
		}
	}
	mustBeEqual(t, j)
	if second == nil || !strings.Contains(second.Error(), "another copy") {
		t.Errorf("the second copy: %v", second)
	}
}

// TestForeignLedger: a table that has the ledger's name and is not ours stays.
func TestForeignLedger(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.orders (a INT PRIMARY KEY)")
	to.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop."+ledgerTable+" (theirs INT)", "INSERT INTO shop."+ledgerTable+" VALUES (7)")
	wantRefusal(t, jobOf(t, from, to, "shop"), events.KindRefused, ledgerTable)
	if got := ask(t, to, "SELECT theirs FROM shop."+ledgerTable); got != "7" {
		t.Errorf("it holds %s", got)
	}
}
