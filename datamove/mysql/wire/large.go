package wire

import "context"

// large feeds a row that is larger than the buffer, in pieces; a row of a gigabyte
// takes no more memory than one of a byte.
func (c *Conn) large(ctx context.Context, length, columns int, s Sink) error {
	r := largeRow{c: c, left: length, last: length < maxPacket}
	for range columns {
		size, null, err := r.length()
		if err != nil {
			return err
		}
		if null {
			err = s.Cell(ctx, nil)
		} else {
			err = r.feed(ctx, size, s)
		}
		if err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	return s.Row(ctx)
}

// largeRow is the payload of one row over several packets.
type largeRow struct {
	c    *Conn
	left int
	last bool
}

// ready goes on to the next packet when this one is used up.
func (r *largeRow) ready() error {
	for r.left == 0 {
		if r.last {
			return ErrProtocol
		}
		length, err := r.c.head()
		if err != nil {
			return err
		}
		r.left, r.last = length, length < maxPacket
	}
	return nil
}

// some returns at most n bytes, at least one.
func (r *largeRow) some(n uint64) ([]byte, error) {
	if err := r.ready(); err != nil {
		return nil, err
	}
	if r.c.hi == r.c.lo {
		if err := r.c.fill(1); err != nil {
			return nil, err
		}
	}
	size := int(min(n, uint64(r.left), uint64(r.c.hi-r.c.lo)))
	p, err := r.c.take(size)
	r.left -= size
	return p, err
}

// length reads the length-encoded integer before a cell.
func (r *largeRow) length() (n uint64, null bool, err error) {
	var head [9]byte
	for have := 0; ; {
		p, err := r.some(1)
		if err != nil {
			return 0, false, err
		}
		head[have] = p[0]
		have++
		if n, null, size := lengthOf(head[:have]); size > 0 {
			return n, null, nil
		}
		if head[0] == 0xff || have == len(head) {
			return 0, false, ErrProtocol
		}
	}
}

// feed gives a cell to the sink: as a whole when it is small.
func (r *largeRow) feed(ctx context.Context, size uint64, s Sink) error {
	if size <= bufferSize/8 {
		return r.whole(ctx, int(size), s)
	}
	if err := s.Begin(ctx, size); err != nil {
		return err
	}
	for size > 0 {
		p, err := r.some(size)
		if err != nil {
			return err
		}
		if err := s.Part(ctx, p); err != nil {
			return err
		}
		size -= uint64(len(p))
	}
	return s.End(ctx)
}

func (r *largeRow) whole(ctx context.Context, size int, s Sink) error {
	value := make([]byte, 0, size)
	for len(value) < size {
		p, err := r.some(uint64(size - len(value)))
		if err != nil {
			return err
		}
		value = append(value, p...)
	}
	return s.Cell(ctx, value)
}

// finish reads what ends the payload: nothing, or an empty packet after full ones.
func (r *largeRow) finish() error {
	for r.left == 0 && !r.last {
		length, err := r.c.head()
		if err != nil {
			return err
		}
		r.left, r.last = length, length < maxPacket
	}
	if r.left != 0 {
		return ErrProtocol
	}
	return nil
}
