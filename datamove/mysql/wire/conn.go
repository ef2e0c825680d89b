// Package wire reads and writes parts of the protocol of MySQL and MariaDB on a
// connection that the driver has opened and does not use now. The driver would turn
// every number into a Go value and back, would hold a whole row, and does not know
// MariaDB's bulk statements.
package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The sizes of the protocol and of the reading of it.
const (
	bufferSize = 512 << 10
	maxPacket  = 1<<24 - 1 // a packet of this length goes on in the next one
	comQuery   = 0x03
	packetOK   = 0x00
	packetEOF  = 0xfe
	packetERR  = 0xff
	packetFile = 0xfb
	cellNull   = 0xfb
)

// ErrProtocol says that an answer is not of the protocol. The connection is out of sync
// after it.
var ErrProtocol = errors.New("the server's answer is not of the MySQL protocol")

// Sink takes the rows of a text result, cell by cell, in order. The bytes are only
// good during the call.
type Sink interface {
	// Cell is a whole value, nil for NULL.
	Cell(ctx context.Context, value []byte) error
	// Begin, Part and End take a value that is too large to be held; size is its bytes.
	Begin(ctx context.Context, size uint64) error
	Part(ctx context.Context, value []byte) error
	End(ctx context.Context) error
	// Row ends one.
	Row(ctx context.Context) error
}

// Conn is a connection. After an error of the server (a *mysql.MySQLError) it is as
// good as before; after any other it is out of sync. One goroutine may use it.
type Conn struct {
	conn   net.Conn
	buf    []byte
	lo, hi int
	seq    byte
}

// New uses a connection on which the server waits for a command.
func New(conn net.Conn) *Conn { return &Conn{conn: conn, buf: make([]byte, bufferSize)} }

// Query runs a SELECT and feeds the sink, whose errors end it.
func (c *Conn) Query(ctx context.Context, statement string, s Sink) error {
	return c.guard(ctx, func() error { return c.query(ctx, statement, s) })
}

// guard ends what waits for the server when the context ends.
func (c *Conn) guard(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) }) // wakes the reads
	defer stop()
	err := do()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *Conn) query(ctx context.Context, statement string, s Sink) error {
	if err := c.command(comQuery, statement); err != nil {
		return err
	}
	columns, err := c.header()
	if err != nil {
		return err
	}
	if err := c.skip(columns); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := c.next(ctx, columns, first, s)
		if err != nil || !more {
			return err
		}
	}
}

// command sends one that fits into a packet.
func (c *Conn) command(number byte, statement string) error {
	if len(statement)+1 >= maxPacket {
		return fmt.Errorf("statement of %d bytes", len(statement))
	}
	c.seq, c.lo, c.hi = 1, 0, 0
	b := make([]byte, 0, len(statement)+5)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(statement)+1)) // sequence 0 in the highest byte
	b = append(append(b, number), statement...)
	_, err := c.conn.Write(b)
	return err
}

// header is the number of columns.
func (c *Conn) header() (int, error) {
	p, err := c.packet()
	if err != nil {
		return 0, err
	}
	switch p[0] {
	case packetERR:
		return 0, serverError(p)
	case packetOK, packetFile:
		return 0, ErrProtocol
	}
	n, _, size := lengthOf(p)
	if size == 0 || n == 0 || n > 1<<16 {
		return 0, ErrProtocol
	}
	return int(n), nil
}

func serverError(p []byte) error {
	if len(p) < 3 {
		return ErrProtocol
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
