package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
	"github.com/shakedown-dev/shakedown/events"
)

// counted is a connection that counts what reaches it.
type counted struct {
	driverConn
	sent *int
}

func (c counted) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	*c.sent++
	return driver.RowsAffected(0), nil
}

func (c counted) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	*c.sent++
	return nil, errors.New("no rows here")
}

func (c counted) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	*c.sent++
	return nil, errors.New("no transactions here")
}

func (c counted) PrepareContext(context.Context, string) (driver.Stmt, error) {
	*c.sent++
	return nil, errors.New("no statements here")
}

func (counted) CheckNamedValue(*driver.NamedValue) error       { return nil }
func (counted) IsValid() bool                                  { return true }
func (counted) ResetSession(context.Context) error             { return nil }
func (counted) Close() error                                   { return nil }
func (c counted) Connect(context.Context) (driver.Conn, error) { return fence(c) }
func (counted) Driver() driver.Driver                          { return nil }

// TestNoStatementWithoutLease: once the lease is lost nothing reaches the target.
func TestNoStatementWithoutLease(t *testing.T) {
	t.Parallel()
	sent := 0
	db := sql.OpenDB(counted{sent: &sent})
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{db: db, conn: conn}
	errLost := errors.New("the lease is lost")
	for name, do := range map[string]func(context.Context) error{
		"exec":  func(ctx context.Context) error { _, err := conn.ExecContext(ctx, "DELETE FROM t"); return err },
		"query": func(ctx context.Context) error { return conn.QueryRowContext(ctx, "SELECT 1").Err() },
		"begin": func(ctx context.Context) error { _, err := conn.BeginTx(ctx, nil); return err },
		"prepare": func(ctx context.Context) error {
			statement, err := conn.PrepareContext(ctx, "SELECT ?")
			if err != nil {
				return err
			}
			defer statement.Close()
			return nil
		},
		"stream": func(ctx context.Context) error { return r.stream(ctx, "SELECT 1", nil) },
		"raw":    func(ctx context.Context) error { return r.raw(ctx, func(*wire.Conn) error { sent++; return nil }) },
	} {
		before := sent
		if err := do(events.WithFence(t.Context(), func() error { return errLost })); !errors.Is(err, errLost) || sent > before {
			t.Errorf("%s without the lease: error %v, %d sent", name, err, sent-before)
		}
		_ = do(events.WithFence(t.Context(), func() error { return nil })) // what it answers is the stub's affair
		if sent != before+1 {
			t.Errorf("%s with the lease: %d sent, want 1", name, sent-before)
		}
	}
}
