package mysql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// The values of MySQL.Snapshot.
const (
	snapshotAuto   = "auto"
	snapshotSingle = "single"
	snapshotProof  = "proof"
	snapshotLock   = "lock"
)

// beginSnapshot lets everything that the connection reads be of one moment.
const beginSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

// view is what the source looked like at one moment, through one or more connections.
type view struct {
	readers  []*reader
	snapshot datamove.Snapshot
	warnings []string
}

func (v *view) close() {
	for _, r := range v.readers {
		r.close()
	}
}

// takeView takes the step of the ladder that is asked for, or the one below it
// with a warning.
func takeView(ctx context.Context, e end, mode string, count int) (*view, error) {
	v := &view{}
	var err error
	switch mode {
	case snapshotProof:
		err = v.proof(ctx, e, count)
	case snapshotLock:
		err = v.lock(ctx, e, count)
	}
	if err != nil {
		v.close()
		if disconnected(err) || ctx.Err() != nil {
			return nil, err
		}
		v = &view{warnings: []string{fmt.Sprintf("snapshot %q is not available, one connection was used: %v", mode, err)}}
	}
	if len(v.readers) == 0 {
		if err := v.single(ctx, e); err != nil {
			v.close()
			return nil, err
		}
	}
	return v, v.position(ctx)
}

// single is one connection, which needs neither locks nor rights.
func (v *view) single(ctx context.Context, e end) error {
	if err := v.add(ctx, e); err != nil {
		return err
	}
	v.snapshot.Method = "one connection"
	return v.begin(ctx, v.readers[0])
}

func (v *view) add(ctx context.Context, e end) error {
	r, err := openReader(ctx, e)
	if err != nil {
		return err
	}
	v.readers = append(v.readers, r)
	return nil
}

func (v *view) begin(ctx context.Context, r *reader) error {
	if _, err := r.conn.ExecContext(ctx, beginSnapshot); err != nil {
		return fmt.Errorf("begin the snapshot: %w", err)
	}
	return nil
}

// position asks for the moment, by the source's clock and in its binary log.
func (v *view) position(ctx context.Context) error {
	conn := v.readers[0].conn
	var now string
	if err := conn.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&now); err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999", now)
	if err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	v.snapshot.Time, v.snapshot.Consistent = at, true
	log, err := binlogSnapshot(ctx, conn)
	v.snapshot.Position = log
	return err
}

// binlogSnapshot is the place in the binary log that the connection's snapshot
// belongs to; only MariaDB with a binary log knows it.
func binlogSnapshot(ctx context.Context, q querier) (string, error) {
	rows, err := records(ctx, q, "SHOW STATUS LIKE 'binlog_snapshot_%'")
	if err != nil {
		return "", err
	}
	found := map[string]string{}
	for _, row := range rows {
		found[strings.ToLower(row["VARIABLE_NAME"])] = row["VALUE"]
	}
	if found["binlog_snapshot_file"] == "" {
		return "", nil
	}
	return found["binlog_snapshot_file"] + ":" + found["binlog_snapshot_position"], nil
}
