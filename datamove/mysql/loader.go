package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/events"
)

// blockReader is what the driver reads a chunk from.
type blockReader struct {
	chunk *chunk
	pool  *pool
	block []byte
	at    int
}

// Read gives the bytes of the chunk, and its error when they end too early.
func (r *blockReader) Read(p []byte) (int, error) {
	for r.at == len(r.block) {
		if r.block != nil {
			r.pool.put(r.block)
			r.block, r.at = nil, 0
		}
		b, ok := <-r.chunk.blocks
		if !ok {
			if r.chunk.err != nil {
				return 0, r.chunk.err
			}
			return 0, io.EOF
		}
		r.block = b
	}
	n := copy(p, r.block[r.at:])
	r.at += n
	return n, nil
}

// drain gives all blocks back, so that the reader is not held up.
func (r *blockReader) drain() {
	if r.block != nil {
		r.pool.put(r.block)
		r.block, r.at = nil, 0
	}
	for b := range r.chunk.blocks {
		r.pool.put(b)
	}
}

// loader writes chunks on a connection of its own.
type loader struct {
	link   *reader
	conn   *sql.Conn
	pool   *pool
	ledger *ledger
	name   string // unique among the readers that the driver knows
}

// load writes a chunk and its ledger row in one transaction. Whatever goes wrong,
// nothing of it stays, and all blocks are taken.
func (l *loader) load(ctx context.Context, c *chunk) error {
	r := &blockReader{chunk: c, pool: l.pool}
	defer r.drain()
	err := l.transaction(ctx, c, r)
	if err == nil {
		return nil
	}
	if _, failed := l.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); failed != nil && ctx.Err() == nil {
		return errors.Join(err, failed)
	}
	return err
}

func (l *loader) transaction(ctx context.Context, c *chunk, r *blockReader) error {
	if err := l.rows(ctx, c, r); err != nil {
		return err
	}
	r.drain()
	if c.err != nil {
		return c.err
	}
	if err := l.ledger.chunk(ctx, l.conn, c); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	if _, err := l.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit rows of table %s: %w", c.plan.target, err)
	}
	return nil
}

// rows writes the rows and checks that the server took each as it was sent.
func (l *loader) rows(ctx context.Context, c *chunk, r *blockReader) error {
	next := sync.OnceFunc(func() { close(c.loaded) })
	defer next()
	if _, err := l.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if c.after != nil {
		select {
		case <-c.after:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var written int64
	var err error
	switch {
	case c.plan.bulk:
		written, err = l.bulks(ctx, c, r)
	case c.plan.insert:
		written, err = l.inserts(ctx, c, r)
	default:
		written, err = l.loadData(ctx, c, r, next)
	}
	switch {
	case c.err != nil:
		return c.err
	case err != nil:
		return fmt.Errorf("write to table %s: %w", c.plan.target, err)
	case written != c.source.Items && !c.plan.merge:
		return events.Errorf(events.KindPartial, "", "table %s took %d of %d rows", c.plan.target, written, c.source.Items)
	}
	return nil
}

// loadData calls next as soon as the server is free for the next chunk.
func (l *loader) loadData(ctx context.Context, c *chunk, r *blockReader, next func()) (int64, error) {
	mysql.RegisterReaderHandler(l.name, func() io.Reader { return r })
	defer mysql.DeregisterReaderHandler(l.name)
	result, err := l.conn.ExecContext(ctx, c.plan.loadStatement(l.name))
	next()
	if err != nil {
		return 0, err
	}
	if err := l.warnings(ctx, c); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (l *loader) inserts(ctx context.Context, c *chunk, r *blockReader) (written int64, err error) {
	for block := range c.blocks {
		n, err := l.insert(ctx, c, string(block))
		r.pool.put(block)
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

func (l *loader) insert(ctx context.Context, c *chunk, statement string) (int64, error) {
	result, err := l.conn.ExecContext(ctx, statement)
	if codeOf(err) == codeOutOfRange && c.plan.merge {
		return 0, events.Errorf(events.KindPartial, "change or remove that row of the target, exclude the table, or use existing: replace",
			"table %s: a row of the rows %s has the value of a unique key that another row of the target has", c.plan.target, c.span)
	}
	if err != nil {
		return 0, err
	}
	if strings.HasPrefix(statement, "SET ") {
		return 0, nil // it leaves the warnings of another statement; what it lost is lost to the comparison
	}
	if err := l.warnings(ctx, c); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// warnings refuses what the server has changed or left out. An ENUM or SET that
// held an invalid value holds it again, with a warning; the comparison proves it.
func (l *loader) warnings(ctx context.Context, c *chunk) error {
	var count int64
	if err := l.conn.QueryRowContext(ctx, "SELECT @@warning_count").Scan(&count); err != nil {
		return fmt.Errorf("count the warnings: %w", err)
	}
	if count == 0 {
		return nil
	}
	rows, err := l.conn.QueryContext(ctx, "SHOW WARNINGS")
	if err != nil {
		return fmt.Errorf("read the warnings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var level, message string
		var code int
		if err := rows.Scan(&level, &code, &message); err != nil {
			return err
		}
		if !harmless(c.plan, code, message) {
			return &warned{plan: c.plan, span: c.span, count: count, code: code, message: message}
		}
	}
	return rows.Err()
}

// codeOutOfRange is "BIGINT UNSIGNED value is out of range", which sameOrFail makes.
const codeOutOfRange = 1690

// codeTruncated is "Data truncated for column".
const codeTruncated = 1265

func harmless(p *tablePlan, code int, message string) bool {
	if code != codeTruncated {
		return false
	}
	for _, c := range p.columns {
		if c.numbered() && strings.Contains(message, "'"+c.name+"'") {
			return true
		}
	}
	return false
}
