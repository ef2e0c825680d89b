package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The bounds of the steps with several connections.
const (
	maxReaders    = 4
	proofAttempts = 20
	// lockPatience is how many seconds the lock is waited for: while it is, all
	// writes of the source wait as well.
	lockPatience = 5
)

// addMany dials the connections.
func (v *view) addMany(ctx context.Context, e end, count int) error {
	for range min(max(count, 1), maxReaders) {
		if err := v.add(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// proof begins a snapshot on each connection and proves afterwards that all are of
// one moment; it begins again when something was committed in between.
func (v *view) proof(ctx context.Context, e end, count int) error {
	if err := v.addMany(ctx, e, count); err != nil {
		return err
	}
	var why error
	for range proofAttempts {
		if err := v.beginAll(ctx); err != nil {
			return err
		}
		var by string
		by, why = v.proven(ctx)
		if why == nil {
			v.snapshot.Method = fmt.Sprintf("%d connections, proven by %s to see one moment", len(v.readers), by)
			return nil
		}
		if disconnected(why) || codeOf(why) != 0 {
			return why
		}
		if err := v.endAll(ctx); err != nil {
			return err
		}
	}
	return why
}

// beginAll begins a snapshot on each connection.
func (v *view) beginAll(ctx context.Context) error {
	for _, r := range v.readers {
		if err := v.begin(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// endAll gives the snapshots of all connections up.
func (v *view) endAll(ctx context.Context) error {
	for _, r := range v.readers {
		if _, err := r.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			return err
		}
	}
	return nil
}

// proven says by what it is proven that all connections see the same moment: by the
// binary log, which does not show sessions with sql_log_bin = 0, or by what InnoDB
// says of their read views.
func (v *view) proven(ctx context.Context) (by string, err error) {
	past, err := writesPastLog(ctx, v.readers[0].conn)
	if err != nil {
		return "", err
	}
	var first string
	for i, r := range v.readers {
		at, err := binlogSnapshot(ctx, r.conn)
		if err != nil {
			return "", err
		}
		if past || at == "" {
			return "their read views", v.provenByViews(ctx)
		}
		if i == 0 {
			first = at
		}
		if at != first {
			return "", errors.New("something was written between the snapshots")
		}
	}
	return "the binary log", nil
}

// writesPastLog says whether the server is a replica that does not log what it replays,
// so that its binary log does not show all that is written.
func writesPastLog(ctx context.Context, q querier) (bool, error) {
	logs, err := variable(ctx, q, "log_slave_updates")
	if err != nil || logs != "0" {
		return false, err
	}
	rows, err := records(ctx, q, "SHOW GLOBAL STATUS LIKE 'Slaves_running'")
	return err == nil && len(rows) == 1 && rows[0]["VALUE"] != "0", err
}

// provenByViews compares the limits of the read views: they must be alike, and no
// transaction may have been under way, whose end one of them had seen.
func (v *view) provenByViews(ctx context.Context) error {
	ids := make([]int64, len(v.readers))
	for i, r := range v.readers {
		// The first read makes the view where the server is lazy about it.
		if err := r.conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&ids[i]); err != nil {
			return err
		}
	}
	rows, err := records(ctx, v.readers[0].conn, "SHOW ENGINE INNODB STATUS")
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return errors.New("SHOW ENGINE INNODB STATUS says nothing")
	}
	return sameViews(rows[0]["STATUS"], ids)
}

// readViews reads the list of transactions: from which on and up to which each thread
// sees others.
func readViews(status string) map[int64][2]string {
	threadLine := regexp.MustCompile(`(?:MariaDB|MySQL) thread id (\d+),`)
	viewLine := regexp.MustCompile(`Trx read view will not see trx with id >= (\d+), sees < (\d+)`)
	views := map[int64][2]string{}
	var thread int64
	for line := range strings.Lines(status) {
		if m := threadLine.FindStringSubmatch(line); m != nil {
			thread, _ = strconv.ParseInt(m[1], 10, 64)
		}
		if m := viewLine.FindStringSubmatch(line); m != nil {
			views[thread] = [2]string{m[1], m[2]}
		}
	}
	return views
}

// sameViews finds in the list of transactions that all of these threads see the same.
func sameViews(status string, ids []int64) error {
	views := readViews(status)
	first, ok := views[ids[0]]
	switch {
	case !ok:
		return errors.New("InnoDB does not show the read view")
	case first[0] != first[1]:
		return errors.New("transactions are under way")
	}
	for _, id := range ids {
		if views[id] != first {
			return errors.New("something was written between the snapshots")
		}
	}
	return nil
}

// lock holds writes up for the moment in which the snapshots begin.
func (v *view) lock(ctx context.Context, e end, count int) (err error) {
	if err := v.addMany(ctx, e, count); err != nil {
		return err
	}
	db, err := e.open(nil)
	if err != nil {
		return err
	}
	defer db.Close()
	holder, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer holder.Close()
	if err := freeze(ctx, holder); err != nil {
		return err
	}
	defer func() {
		_, failed := holder.ExecContext(context.WithoutCancel(ctx), "UNLOCK TABLES")
		err = errors.Join(err, failed)
	}()
	for _, r := range v.readers {
		if err := v.begin(ctx, r); err != nil {
			return err
		}
	}
	v.snapshot.Method = fmt.Sprintf("%d connections, begun under a lock", len(v.readers))
	return nil
}

func freeze(ctx context.Context, holder *sql.Conn) error {
	for _, statement := range []string{
		fmt.Sprintf("SET SESSION lock_wait_timeout = %d", lockPatience), "FLUSH TABLES WITH READ LOCK",
	} {
		if _, err := holder.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
