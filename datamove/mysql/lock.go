package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"

	"github.com/shakedown-dev/shakedown/events"
)

// lockWait is how many seconds a server may take to notice that a copier is gone.
const lockWait = 2

// lockTarget refuses to write to databases that another copy writes to. The locks go with
// their connection, also when this process is killed.
func (r *run) lockTarget(ctx context.Context) (release func(), err error) {
	conn, err := r.target.Conn(ctx)
	if err != nil {
		return nil, explain(err, r.to)
	}
	for _, d := range r.schema.databases { // in one order, so that no two wait for each other
		if err := r.lock(ctx, conn, r.targetOf(d.name)); err != nil {
			unlock(ctx, conn)
			return nil, err
		}
	}
	return func() { unlock(ctx, conn) }, nil
}

func (r *run) lock(ctx context.Context, conn *sql.Conn, database string) error {
	var got sql.NullInt64
	digest := sha256.Sum256([]byte(database)) // names of locks are short
	name := "shakedown-" + hex.EncodeToString(digest[:16])
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, lockWait).Scan(&got); err != nil {
		return explain(err, r.to)
	}
	if got.Int64 != 1 {
		return events.Errorf(events.KindRefused, "wait until it has ended", "another copy is writing to database %s of %s", database, r.to.host())
	}
	return nil
}

// unlock ends the session, and its locks with it.
func unlock(ctx context.Context, conn *sql.Conn) {
	_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_ALL_LOCKS()") // a server without it: they end with the session
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })                    // not back into the pool
	_ = conn.Close()
}
