package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
)

// driverConn is what the driver's connections are.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// fenced is a session of the target that asks right before every statement whether the
// copy still may. When it may not, reading is of no use either, so no list of
// statements that write is needed. What our own protocol writes asks in reader.raw.
type fenced struct{ driverConn }

func fence(conn driver.Conn) (driver.Conn, error) {
	s, ok := conn.(driverConn)
	if !ok {
		return nil, fmt.Errorf("the driver's connection %T lacks what a fence stands before", conn)
	}
	return fenced{s}, nil
}

// ExecContext asks and runs a statement.
func (f fenced) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	if err := events.CheckFence(ctx); err != nil {
		return nil, err
	}
	return f.driverConn.ExecContext(ctx, statement, args)
}

// QueryContext asks and runs a query.
func (f fenced) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	if err := events.CheckFence(ctx); err != nil {
		return nil, err
	}
	return f.driverConn.QueryContext(ctx, statement, args)
}

// BeginTx asks and begins a transaction.
func (f fenced) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := events.CheckFence(ctx); err != nil {
		return nil, err
	}
	return f.driverConn.BeginTx(ctx, opts)
}

// PrepareContext asks and prepares a statement.
func (f fenced) PrepareContext(ctx context.Context, statement string) (driver.Stmt, error) {
	if err := events.CheckFence(ctx); err != nil {
		return nil, err
	}
	return f.driverConn.PrepareContext(ctx, statement)
}
