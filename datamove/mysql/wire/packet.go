package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// head reads the four bytes before a packet.
func (c *Conn) head() (int, error) {
	h, err := c.take(4)
	if err != nil {
		return 0, err
	}
	if h[3] != c.seq {
		return 0, fmt.Errorf("%w: packet %d where %d is due", ErrProtocol, h[3], c.seq)
	}
	c.seq++
	return int(h[0]) | int(h[1])<<8 | int(h[2])<<16, nil
}

// packet reads a small packet that is not a row.
func (c *Conn) packet() ([]byte, error) {
	length, err := c.head()
	if err != nil {
		return nil, err
	}
	if length == 0 || length > len(c.buf) {
		return nil, ErrProtocol
	}
	return c.take(length)
}

// skip reads packets whose content does not matter: descriptions of columns, and of
// parameters. The driver has agreed on no packet after the latter
// (CLIENT_DEPRECATE_EOF), which MariaDB has had as long as bulk statements.
func (c *Conn) skip(packets int) error {
	for range packets {
		if _, err := c.packet(); err != nil {
			return err
		}
	}
	return nil
}

// take returns the next n bytes, which are good until the next call.
func (c *Conn) take(n int) ([]byte, error) {
	if c.hi-c.lo < n {
		if err := c.fill(n); err != nil {
			return nil, err
		}
	}
	p := c.buf[c.lo : c.lo+n]
	c.lo += n
	return p, nil
}

// fill reads until n bytes are there.
func (c *Conn) fill(n int) error {
	copy(c.buf, c.buf[c.lo:c.hi])
	c.lo, c.hi = 0, c.hi-c.lo
	for c.hi < n {
		got, err := c.conn.Read(c.buf[c.hi:])
		c.hi += got
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && c.hi < n {
			return err
		}
	}
	return nil
}

// send sends a payload that has room for the head before it; a long one takes several
// packets.
func (c *Conn) send(block []byte) error {
	c.lo, c.hi = 0, 0
	for seq := byte(0); ; seq++ {
		size := min(len(block)-packetHead, maxPacket)
		binary.LittleEndian.PutUint32(block, uint32(size)|uint32(seq)<<24) // over what is sent already
		c.seq = seq + 1
		if _, err := c.conn.Write(block[:packetHead+size]); err != nil {
			return err
		}
		if size < maxPacket {
			return nil
		}
		block = block[size:]
	}
}
