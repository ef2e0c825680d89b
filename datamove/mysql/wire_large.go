package mysql

// large feeds a row that is larger than the buffer, in pieces; a row of a gigabyte
// takes no more memory than one of a byte.
func (w *wire) large(length, columns int, s sink) error {
	r := largeRow{w: w, left: length, last: length < wirePacket}
	for range columns {
		size, null, err := r.length()
		if err != nil {
			return err
		}
		if null {
			err = s.cell(nil)
		} else {
			err = r.feed(size, s)
		}
		if err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	return s.row()
}

// largeRow is the payload of one row over several packets.
type largeRow struct {
	w    *wire
	left int
	last bool
}

// ready goes on to the next packet when this one is used up.
func (r *largeRow) ready() error {
	for r.left == 0 {
		if r.last {
			return errWire
		}
		length, err := r.w.head()
		if err != nil {
			return err
		}
		r.left, r.last = length, length < wirePacket
	}
	return nil
}

// some returns at most n bytes, at least one.
func (r *largeRow) some(n uint64) ([]byte, error) {
	if err := r.ready(); err != nil {
		return nil, err
	}
	if r.w.hi == r.w.lo {
		if err := r.w.fill(1); err != nil {
			return nil, err
		}
	}
	size := int(min(n, uint64(r.left), uint64(r.w.hi-r.w.lo)))
	p, err := r.w.take(size)
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
			return 0, false, errWire
		}
	}
}

// feed gives a cell to the sink: as a whole when it is small.
func (r *largeRow) feed(size uint64, s sink) error {
	if size <= wireBuffer/8 {
		return r.whole(int(size), s)
	}
	if err := s.begin(size); err != nil {
		return err
	}
	for size > 0 {
		p, err := r.some(size)
		if err != nil {
			return err
		}
		if err := s.part(p); err != nil {
			return err
		}
		size -= uint64(len(p))
	}
	return s.end()
}

func (r *largeRow) whole(size int, s sink) error {
	value := make([]byte, 0, size)
	for len(value) < size {
		p, err := r.some(uint64(size - len(value)))
		if err != nil {
			return err
		}
		value = append(value, p...)
	}
	return s.cell(value)
}

// finish reads what ends the payload: nothing, or an empty packet after full ones.
func (r *largeRow) finish() error {
	for r.left == 0 && !r.last {
		length, err := r.w.head()
		if err != nil {
			return err
		}
		r.left, r.last = length, length < wirePacket
	}
	if r.left != 0 {
		return errWire
	}
	return nil
}
