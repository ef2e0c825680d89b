package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
	"github.com/shakedown-dev/shakedown/events"
)

// reader is one connection that our own reading and writing of the protocol shares
// with the driver: to the source, where it sees one moment, or to the target.
type reader struct {
	db   *sql.DB
	conn *sql.Conn
	// wire is nil where the driver must decrypt.
	wire *wire.Conn
	// bulk is set where the server takes bulk statements.
	bulk bool
}

// openReader dials one connection. It never dials another: a second one would see
// another moment.
func openReader(ctx context.Context, e end) (*reader, error) {
	var mu sync.Mutex
	var dialled []net.Conn
	db, err := e.open(func(c net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		dialled = append(dialled, c)
	})
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	r := &reader{db: db, conn: conn}
	mu.Lock()
	defer mu.Unlock()
	if !e.address.TLS && len(dialled) > 0 {
		r.wire = wire.New(dialled[len(dialled)-1])
		r.bulk = wire.TakesBulk(dialled[len(dialled)-1])
	}
	return r, nil
}

func (r *reader) close() {
	_ = r.conn.Close()
	_ = r.db.Close()
}

// stream feeds the rows of a SELECT to the sink.
func (r *reader) stream(ctx context.Context, statement string, s wire.Sink) error {
	var failed error
	if r.wire != nil {
		return r.raw(ctx, func(w *wire.Conn) error { return w.Query(ctx, statement, s) })
	}
	err := r.conn.Raw(func(conn any) error {
		failed = throughDriver(ctx, conn, statement, s)
		return failed
	})
	return cmp.Or(failed, err)
}

// raw uses the connection while the driver does not, as long as the copy may. The driver
// gets ErrBadConn when the stream is out of sync, the caller the error itself.
func (r *reader) raw(ctx context.Context, do func(*wire.Conn) error) error {
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	var failed error
	err := r.conn.Raw(func(any) error {
		failed = do(r.wire)
		if answered := (*mysql.MySQLError)(nil); failed != nil && !errors.As(failed, &answered) {
			return driver.ErrBadConn // an answer may still be on its way
		}
		return failed
	})
	return cmp.Or(failed, err)
}

// throughDriver is stream by the driver, which holds a row and parses numbers.
func throughDriver(ctx context.Context, conn any, statement string, s wire.Sink) error {
	queryer, ok := conn.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the driver's connections run no queries")
	}
	rows, err := queryer.QueryContext(ctx, statement, nil)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Next returns what matters
	values := make([]driver.Value, len(rows.Columns()))
	var text []byte
	for {
		if err := rows.Next(values); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for _, v := range values {
			if text, err = appendValue(text[:0], v); err != nil {
				return err
			}
			cell := text
			if v == nil {
				cell = nil
			}
			if err := s.Cell(ctx, cell); err != nil {
				return err
			}
		}
		if err := s.Row(ctx); err != nil {
			return err
		}
	}
}

// appendValue prints what the driver has parsed as the server had printed it.
func appendValue(dst []byte, v driver.Value) ([]byte, error) {
	if dst == nil {
		dst = []byte{}
	}
	switch v := v.(type) {
	case nil:
		return dst, nil
	case []byte:
		return append(dst, v...), nil
	case string:
		return append(dst, v...), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case uint64:
		return strconv.AppendUint(dst, v, 10), nil
	case float64:
		return strconv.AppendFloat(dst, v, 'g', -1, 64), nil
	case float32:
		return strconv.AppendFloat(dst, float64(v), 'g', -1, 32), nil
	}
	return dst, fmt.Errorf("the driver gave a %T", v)
}
