package wire

import "context"

// next feeds one row. A server without CLIENT_DEPRECATE_EOF sends five bytes
// between columns and rows.
func (c *Conn) next(ctx context.Context, columns int, first bool, s Sink) (more bool, err error) {
	length, err := c.head()
	if err != nil {
		return false, err
	}
	if length == maxPacket || length > len(c.buf) {
		return true, c.large(ctx, length, columns, s)
	}
	p, err := c.take(length)
	if err != nil {
		return false, err
	}
	if len(p) == 0 {
		return false, ErrProtocol
	}
	switch p[0] {
	case packetERR:
		return false, serverError(p)
	case packetEOF:
		return first && len(p) == 5, nil
	}
	return true, cells(ctx, p, columns, s)
}

// cells feeds a row that is held as a whole.
func cells(ctx context.Context, p []byte, columns int, s Sink) error {
	for range columns {
		length, null, size := lengthOf(p)
		if size == 0 || !null && length > uint64(len(p)-size) {
			return ErrProtocol
		}
		p = p[size:]
		if null {
			if err := s.Cell(ctx, nil); err != nil {
				return err
			}
			continue
		}
		if err := s.Cell(ctx, p[:length:length]); err != nil {
			return err
		}
		p = p[length:]
	}
	if len(p) != 0 {
		return ErrProtocol
	}
	return s.Row(ctx)
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
