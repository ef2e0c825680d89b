package mysql

import (
	"bytes"
	"encoding/binary"
	"net"
)

// MariaDB takes the rows of an INSERT in a packet of their own (COM_STMT_BULK_EXECUTE),
// each value with its length before it: nothing is escaped, quoted or parsed, and the
// table's AUTO_INCREMENT is not locked. The driver does not know of it.

// The numbers of the protocol.
const (
	comPrepare   = 0x16
	comClose     = 0x19
	comBulk      = 0xfa
	flagTypes    = 128    // the types of the values follow
	extendedBulk = 1 << 2 // of the capabilities that only MariaDB has
	markValue    = 0
	markNoValue  = 1
	typeLongLong = 8
	typeBlob     = 252
	typeText     = 253
	unsigned     = 0x80
)

// The places in packets.
const (
	packetHead   = 4
	bulkHead     = packetHead + 1 + 4 + 2 // command, statement, flags
	answerOldBit = packetHead             // its lowest bit: the client is no MariaDB's
	answerCaps   = packetHead + 4 + 4 + 1 + 19
)

// bulkConn is a connection whose client offers bulk statements when the server does.
type bulkConn struct {
	net.Conn
	greeting []byte
	answered bool
	// bulk is set when both ends have them.
	bulk bool
}

// Read keeps the greeting.
func (c *bulkConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.answered {
		c.greeting = append(c.greeting, p[:n]...)
	}
	return n, err
}

// Write adds the capability to the first packet, which answers the greeting.
func (c *bulkConn) Write(p []byte) (int, error) {
	if c.answered {
		return c.Conn.Write(p)
	}
	c.answered = true
	if offersBulk(c.greeting) && len(p) > answerCaps+4 && p[answerOldBit]&1 == 0 {
		p = bytes.Clone(p)
		p[answerCaps] |= extendedBulk
		c.bulk = true
	}
	c.greeting = nil
	return c.Conn.Write(p)
}

// takesBulk says whether bulk statements can be sent, once the server has greeted.
func takesBulk(conn net.Conn) bool {
	c, ok := conn.(*bulkConn)
	return ok && c.bulk
}

// offersBulk reads a server's greeting.
func offersBulk(packet []byte) bool {
	if len(packet) < packetHead+1 || packet[packetHead] != 10 {
		return false
	}
	_, rest, found := bytes.Cut(packet[packetHead+1:], []byte{0}) // the version
	// thread, scramble, 0, capabilities, charset, status, capabilities, length, 6 of
	// nothing, MariaDB's capabilities
	const low, extended = 4 + 8 + 1, 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 6
	if !found || len(rest) < extended+4 || rest[low]&1 != 0 {
		return false
	}
	return binary.LittleEndian.Uint32(rest[extended:])&extendedBulk != 0
}

// prepare returns the number of a statement whose parameters are its values.
func (w *wire) prepare(statement string) (uint32, error) {
	if err := w.command(comPrepare, statement); err != nil {
		return 0, err
	}
	p, err := w.packet()
	if err != nil {
		return 0, err
	}
	if p[0] == packetERR {
		return 0, serverError(p)
	}
	if p[0] != packetOK || len(p) < 9 || binary.LittleEndian.Uint16(p[5:]) != 0 {
		return 0, errWire
	}
	id, parameters := binary.LittleEndian.Uint32(p[1:]), int(binary.LittleEndian.Uint16(p[7:]))
	return id, w.skip(parameters)
}

// skip reads the descriptions of parameters. The driver has agreed on no packet after
// them (CLIENT_DEPRECATE_EOF), which MariaDB has had as long as bulk statements.
func (w *wire) skip(packets int) error {
	for range packets {
		if _, err := w.packet(); err != nil {
			return err
		}
	}
	return nil
}

// forget closes a statement; the server does not answer.
func (w *wire) forget(id uint32) error {
	return w.command(comClose, string(binary.LittleEndian.AppendUint32(nil, id)))
}

// bulk sends a block of rows, which has room for the head of a packet before it.
func (w *wire) bulk(id uint32, block []byte) (written, warnings int64, err error) {
	binary.LittleEndian.PutUint32(block[packetHead+1:], id)
	if err := w.packets(block); err != nil {
		return 0, 0, err
	}
	p, err := w.packet()
	switch {
	case err != nil:
		return 0, 0, err
	case p[0] == packetERR:
		return 0, 0, serverError(p)
	case p[0] != packetOK:
		return 0, 0, errWire
	}
	return done(p[1:])
}

// done reads rows, a number of AUTO_INCREMENT, the status and the warnings.
func done(p []byte) (rows, warnings int64, err error) {
	affected, _, size := lengthOf(p)
	if size == 0 {
		return 0, 0, errWire
	}
	_, _, next := lengthOf(p[size:])
	if next == 0 || len(p) < size+next+4 {
		return 0, 0, errWire
	}
	return int64(affected), int64(binary.LittleEndian.Uint16(p[size+next+2:])), nil
}

// packets sends a payload that has room for the head before it; a long one takes
// several packets.
func (w *wire) packets(block []byte) error {
	w.lo, w.hi = 0, 0
	for seq := byte(0); ; seq++ {
		size := min(len(block)-packetHead, wirePacket)
		binary.LittleEndian.PutUint32(block, uint32(size)|uint32(seq)<<24) // over what is sent already
		w.seq = seq + 1
		if _, err := w.conn.Write(block[:packetHead+size]); err != nil {
			return err
		}
		if size < wirePacket {
			return nil
		}
		block = block[size:]
	}
}
