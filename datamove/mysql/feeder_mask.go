package mysql

import "fmt"

// masks masks a value and keeps it for the hash of the row. NULL stays NULL.
func (f *feeder) masks(i int, value []byte) ([]byte, error) {
	null := value == nil
	if t := f.mask[i]; t != nil && !null {
		var err error
		if f.tmp, null, err = t.Mask(f.tmp[:0], value); err != nil {
			return nil, fmt.Errorf("mask column %s of table %s: %w", f.plan.columns[i].name, f.plan.table.id(), err)
		}
		value = f.tmp
		f.cur.masked[i]++
	}
	kept := &f.row1[i]
	kept.null, kept.value = null, append(kept.value[:0], value...)
	if null {
		return nil, nil
	}
	return kept.value, nil
}

// sumRow adds the hash of the row as it was sent.
func (f *feeder) sumRow() {
	f.hashes.reset()
	numbers := f.number
	for i, c := range f.plan.columns {
		var number []byte
		if c.numbered() {
			number, numbers = numbers[0], numbers[1:]
		}
		f.hashes.add(c, f.plan.stored(c, f.row1[i].value), f.row1[i].null, number)
	}
	f.number = f.number[:0]
	f.cur.source.Add(hashed(f.hashes.sum()))
}
