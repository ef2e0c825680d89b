package wire

import (
	"context"
	"encoding/binary"
)

// MariaDB takes the rows of an INSERT in a packet of their own (COM_STMT_BULK_EXECUTE),
// each value with its length before it: nothing is escaped, quoted or parsed, and the
// table's AUTO_INCREMENT is not locked.

// The numbers of the protocol.
const (
	comPrepare  = 0x16
	comClose    = 0x19
	comBulk     = 0xfa
	flagTypes   = 128 // the types of the values follow
	markValue   = 0
	markNoValue = 1
)

// The places in packets.
const (
	packetHead = 4
	bulkHead   = packetHead + 1 + 4 + 2 // command, statement, flags
)

// A Type is that of a value of a bulk statement: two bytes of the protocol.
type Type [2]byte

// Signed is the type of whole numbers of 64 bits.
func Signed() Type { return Type{8, 0} }

// Unsigned is the type of whole numbers of 64 bits without a sign.
func Unsigned() Type { return Type{8, 0x80} }

// Bytes is the type of bytes.
func Bytes() Type { return Type{252, 0} }

// Text is the type of characters.
func Text() Type { return Type{253, 0} }

// Prepare returns the number of a statement whose parameters are its values.
func (c *Conn) Prepare(ctx context.Context, statement string) (id uint32, err error) {
	err = c.guard(ctx, func() error {
		id, err = c.prepare(statement)
		return err
	})
	return id, err
}

func (c *Conn) prepare(statement string) (uint32, error) {
	if err := c.command(comPrepare, statement); err != nil {
		return 0, err
	}
	p, err := c.packet()
	if err != nil {
		return 0, err
	}
	if p[0] == packetERR {
		return 0, serverError(p)
	}
	if p[0] != packetOK || len(p) < 9 || binary.LittleEndian.Uint16(p[5:]) != 0 {
		return 0, ErrProtocol
	}
	id, parameters := binary.LittleEndian.Uint32(p[1:]), int(binary.LittleEndian.Uint16(p[7:]))
	return id, c.skip(parameters)
}

// Forget closes a statement; the server does not answer.
func (c *Conn) Forget(ctx context.Context, id uint32) error {
	return c.guard(ctx, func() error { return c.command(comClose, string(binary.LittleEndian.AppendUint32(nil, id))) })
}

// Bulk sends a block of rows for a prepared statement, and returns how many rows were
// written and how many warnings there are.
func (c *Conn) Bulk(ctx context.Context, id uint32, block []byte) (written, warnings int64, err error) {
	err = c.guard(ctx, func() error {
		written, warnings, err = c.bulk(id, block)
		return err
	})
	return written, warnings, err
}

func (c *Conn) bulk(id uint32, block []byte) (written, warnings int64, err error) {
	binary.LittleEndian.PutUint32(block[packetHead+1:], id)
	if err := c.send(block); err != nil {
		return 0, 0, err
	}
	p, err := c.packet()
	switch {
	case err != nil:
		return 0, 0, err
	case p[0] == packetERR:
		return 0, 0, serverError(p)
	case p[0] != packetOK:
		return 0, 0, ErrProtocol
	}
	return done(p[1:])
}

// done reads rows, a number of AUTO_INCREMENT, the status and the warnings.
func done(p []byte) (rows, warnings int64, err error) {
	affected, _, size := lengthOf(p)
	if size == 0 {
		return 0, 0, ErrProtocol
	}
	_, _, next := lengthOf(p[size:])
	if next == 0 || len(p) < size+next+4 {
		return 0, 0, ErrProtocol
	}
	return int64(affected), int64(binary.LittleEndian.Uint16(p[size+next+2:])), nil
}
