package mysql

import "context"

// put appends the value with what goes before it.
func (f *feeder) put(ctx context.Context, i int, value []byte) error {
	if f.plan.bulk {
		if i == 0 {
			f.bulkBegin()
		}
		return f.putBulk(i, value)
	}
	if err := f.out.room(ctx, 2*min(len(value), fieldPiece)+4); err != nil {
		return err
	}
	f.before(i)
	switch {
	case f.plan.insert:
		f.putLiteral(i, value)
	case value == nil:
		f.out.buf = append(f.out.buf, `\N`...)
	case !f.lay.escape[i]:
		f.out.buf = append(f.out.buf, value...)
	default:
		return f.raw(ctx, value)
	}
	return nil
}

// raw appends the escaped bytes of a value, piece by piece.
func (f *feeder) raw(ctx context.Context, value []byte) error {
	for {
		n := min(len(value), fieldPiece)
		if err := f.out.room(ctx, 2*n+4); err != nil {
			return err
		}
		f.out.buf = appendField(f.out.buf, value[:n])
		if value = value[n:]; len(value) == 0 {
			return nil
		}
	}
}

func (f *feeder) putLiteral(i int, value []byte) {
	switch {
	case value == nil:
		f.out.buf = append(f.out.buf, "NULL"...)
	case f.plan.columns[i].numeric() || f.plan.coding(f.plan.columns[i]) == codedNumber:
		f.out.buf = append(f.out.buf, value...)
	default:
		f.out.buf = appendQuoted(f.out.buf, value, f.lay.binary[i])
	}
}

// before appends what goes between values and rows.
func (f *feeder) before(i int) {
	switch {
	case i > 0 && f.plan.insert:
		f.out.buf = append(f.out.buf, ',')
	case i > 0:
		f.out.buf = append(f.out.buf, '\t')
	case f.plan.insert && f.out.rows == 0:
		f.out.buf = append(append(f.out.buf, f.plan.insertHead()...), '(')
	case f.plan.insert:
		f.out.buf = append(f.out.buf, ",("...)
	}
}

// endRow appends what ends a row.
func (f *feeder) endRow() {
	switch {
	case f.plan.bulk:
	case f.plan.insert:
		f.out.buf = append(f.out.buf, ')')
	default:
		f.out.buf = append(f.out.buf, '\n')
	}
}
