package mysql

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The sizes of the protocol and of the reading of it.
const (
	wireBuffer = 512 << 10
	wirePacket = 1<<24 - 1 // a packet of this length goes on in the next one
	comQuery   = 0x03
	packetOK   = 0x00
	packetEOF  = 0xfe
	packetERR  = 0xff
	packetFile = 0xfb
	cellNull   = 0xfb
)

var errWire = errors.New("the server's answer is not of the MySQL protocol")

// sink takes the rows of a text result, cell by cell, in order. The bytes are only
// good during the call.
type sink interface {
	// cell is a whole value, nil for NULL.
	cell(value []byte) error
	// begin, part and end take a value that is too large to be held.
	begin(size uint64) error
	part(value []byte) error
	end() error
	// row ends one.
	row() error
}

// wire reads text results on a connection that the driver has opened and does not
// use now. The driver would turn every number into a Go value and back, and would
// hold a whole row.
type wire struct {
	conn   net.Conn
	buf    []byte
	lo, hi int
	seq    byte
}

func newWire(conn net.Conn) *wire { return &wire{conn: conn, buf: make([]byte, wireBuffer)} }

// query runs a SELECT and feeds the sink. After an error of the server (a
// *mysql.MySQLError) the connection is as good as before; after any other it is not.
func (w *wire) query(ctx context.Context, statement string, s sink) error {
	return w.guard(ctx, func() error { return w.run(statement, s) })
}

// guard ends what waits for the server when the context ends.
func (w *wire) guard(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetDeadline(time.Unix(1, 0)) }) // wakes the reads
	defer stop()
	err := do()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (w *wire) run(statement string, s sink) error {
	if err := w.command(comQuery, statement); err != nil {
		return err
	}
	columns, err := w.header()
	if err != nil {
		return err
	}
	for range columns {
		if _, err := w.packet(); err != nil {
			return err
		}
	}
	for first := true; ; first = false {
		more, err := w.next(columns, first, s)
		if err != nil || !more {
			return err
		}
	}
}

// command sends one that fits into a packet.
func (w *wire) command(number byte, statement string) error {
	if len(statement)+1 >= wirePacket {
		return fmt.Errorf("statement of %d bytes", len(statement))
	}
	w.seq, w.lo, w.hi = 1, 0, 0
	b := make([]byte, 0, len(statement)+5)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(statement)+1)) // sequence 0 in the highest byte
	b = append(append(b, number), statement...)
	_, err := w.conn.Write(b)
	return err
}

// header is the number of columns.
func (w *wire) header() (int, error) {
	p, err := w.packet()
	if err != nil {
		return 0, err
	}
	switch p[0] {
	case packetERR:
		return 0, serverError(p)
	case packetOK, packetFile:
		return 0, errWire
	}
	n, _, size := lengthOf(p)
	if size == 0 || n == 0 || n > 1<<16 {
		return 0, errWire
	}
	return int(n), nil
}

// next feeds one row. A server without CLIENT_DEPRECATE_EOF sends five bytes
// between columns and rows.
func (w *wire) next(columns int, first bool, s sink) (more bool, err error) {
	length, err := w.head()
	if err != nil {
		return false, err
	}
	if length == wirePacket || length > len(w.buf) {
		return true, w.large(length, columns, s)
	}
	p, err := w.take(length)
	if err != nil {
		return false, err
	}
	if len(p) == 0 {
		return false, errWire
	}
	switch p[0] {
	case packetERR:
		return false, serverError(p)
	case packetEOF:
		return first && len(p) == 5, nil
	}
	return true, cells(p, columns, s)
}

// cells feeds a row that is held as a whole.
func cells(p []byte, columns int, s sink) error {
	for range columns {
		length, null, size := lengthOf(p)
		if size == 0 || !null && length > uint64(len(p)-size) {
			return errWire
		}
		p = p[size:]
		if null {
			if err := s.cell(nil); err != nil {
				return err
			}
			continue
		}
		if err := s.cell(p[:length:length]); err != nil {
			return err
		}
		p = p[length:]
	}
	if len(p) != 0 {
		return errWire
	}
	return s.row()
}

// lengthOf reads a length-encoded integer; size is 0 when there is none.
func lengthOf(p []byte) (n uint64, null bool, size int) {
	if len(p) == 0 {
		return 0, false, 0
	}
	switch p[0] {
	case cellNull:
		return 0, true, 1
	case 0xfc:
		size = 3
	case 0xfd:
		size = 4
	case 0xfe:
		size = 9
	case 0xff:
		return 0, false, 0
	default:
		return uint64(p[0]), false, 1
	}
	if len(p) < size {
		return 0, false, 0
	}
	for i := size - 1; i > 0; i-- {
		n = n<<8 | uint64(p[i])
	}
	return n, false, size
}

// head reads the four bytes before a packet.
func (w *wire) head() (int, error) {
	h, err := w.take(4)
	if err != nil {
		return 0, err
	}
	if h[3] != w.seq {
		return 0, fmt.Errorf("%w: packet %d where %d is due", errWire, h[3], w.seq)
	}
	w.seq++
	return int(h[0]) | int(h[1])<<8 | int(h[2])<<16, nil
}

// packet reads a small packet that is not a row.
func (w *wire) packet() ([]byte, error) {
	length, err := w.head()
	if err != nil {
		return nil, err
	}
	if length == 0 || length > len(w.buf) {
		return nil, errWire
	}
	return w.take(length)
}

// take returns the next n bytes, which are good until the next call.
func (w *wire) take(n int) ([]byte, error) {
	if w.hi-w.lo < n {
		if err := w.fill(n); err != nil {
			return nil, err
		}
	}
	p := w.buf[w.lo : w.lo+n]
	w.lo += n
	return p, nil
}

// fill reads until n bytes are there.
func (w *wire) fill(n int) error {
	copy(w.buf, w.buf[w.lo:w.hi])
	w.lo, w.hi = 0, w.hi-w.lo
	for w.hi < n {
		got, err := w.conn.Read(w.buf[w.hi:])
		w.hi += got
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && w.hi < n {
			return err
		}
	}
	return nil
}

func serverError(p []byte) error {
	if len(p) < 3 {
		return errWire
	}
	e := &mysql.MySQLError{Number: binary.LittleEndian.Uint16(p[1:])}
	text := p[3:]
	if len(text) >= 6 && text[0] == '#' {
		copy(e.SQLState[:], text[1:6])
		text = text[6:]
	}
	e.Message = string(text)
	return e
}
