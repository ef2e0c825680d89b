package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// reader is one connection that our own reading and writing of the protocol shares
// with the driver: to the source, where it sees one moment, or to the target.
type reader struct {
	db   *sql.DB
	conn *sql.Conn
	// wire is nil where the driver must decrypt.
	wire *wire
	// bulk is set where the server takes bulk statements.
	bulk bool
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
		r.bulk = takesBulk(dialled[len(dialled)-1])
	}
	return r, nil
}

func (r *reader) close() {
	_ = r.conn.Close()
	_ = r.db.Close()
}

// stream feeds the rows of a SELECT to the sink.
func (r *reader) stream(ctx context.Context, statement string, s sink) error {
	if r.wire == nil {
		return r.conn.Raw(func(conn any) error { return throughDriver(ctx, conn, statement, s) })
	}
	return r.raw(func(w *wire) error { return w.query(ctx, statement, s) })
}

// raw uses the connection while the driver does not.
func (r *reader) raw(do func(*wire) error) error {
	return r.conn.Raw(func(any) error {
		err := do(r.wire)
		if answered := (*mysql.MySQLError)(nil); err != nil && !errors.As(err, &answered) {
			return errors.Join(err, driver.ErrBadConn) // an answer may still be on its way
		}
		return err
	})
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
	years := yearsOf(rows, len(values))
	var text []byte
	for {
		if err := rows.Next(values); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for i, v := range values {
			if text, err = appendValue(text[:0], v); err != nil {
				return err
			}
			for years[i] && v != nil && len(text) < 4 {
				text = slices.Insert(text, 0, '0') // the year 0 is 0000; 0 would be 2000
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

// yearsOf says which columns are YEAR.
func yearsOf(rows driver.Rows, columns int) []bool {
	years := make([]bool, columns)
	types, ok := rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i := range years {
		years[i] = ok && types.ColumnTypeDatabaseTypeName(i) == "YEAR"
	}
	return years
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
