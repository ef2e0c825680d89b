package mysql

import (
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
)

// reader is one connection to the source that sees one moment.
type reader struct {
	db   *sql.DB
	conn *sql.Conn
	// wire is nil where the driver must decrypt.
	wire *wire
}

// openReader dials one connection. It never dials another: a second one would see
// another moment.
func openReader(ctx context.Context, e endpoint) (*reader, error) {
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
		r.wire = newWire(dialled[len(dialled)-1])
	}
	return r, nil
}

func (r *reader) close() {
	_ = r.conn.Close()
	_ = r.db.Close()
}

// stream feeds the rows of a SELECT to the sink.
func (r *reader) stream(ctx context.Context, statement string, s sink) error {
	var failed error
	err := r.conn.Raw(func(conn any) error {
		if r.wire == nil {
			failed = throughDriver(ctx, conn, statement, s)
			return failed
		}
		failed = r.wire.query(ctx, statement, s)
		if answered := (*mysql.MySQLError)(nil); failed != nil && !errors.As(failed, &answered) {
			return driver.ErrBadConn // rows may still be on their way
		}
		return failed
	})
	if failed != nil {
		return failed // also where it was not the connection that failed
	}
	return err
}

// throughDriver is stream by the driver, which holds a row and parses numbers.
func throughDriver(ctx context.Context, conn any, statement string, s sink) error {
	queryer, ok := conn.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the driver's connections run no queries")
	}
	rows, err := queryer.QueryContext(ctx, statement, nil)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // what matters is told by Next
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
			if err := s.cell(cell); err != nil {
				return err
			}
		}
		if err := s.row(); err != nil {
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
