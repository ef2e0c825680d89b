package s3

import "context"

// pair is one key: as the source has it, as the target has it, or both.
type pair struct {
	rel      string
	src, dst *object
}

// source gives objects in the order of their keys, nil after the last.
type source interface {
	next() (*object, error)
}

// join goes through two sorted listings at once and calls each with every key once, in
// order. It holds one object of each side.
func join(from, to source, each func(pair) error) error {
	src, err := from.next()
	if err != nil {
		return err
	}
	dst, err := to.next()
	if err != nil {
		return err
	}
	for src != nil || dst != nil {
		p := pick(src, dst)
		if err := each(p); err != nil {
			return err
		}
		if p.src != nil {
			if src, err = from.next(); err != nil {
				return err
			}
		}
		if p.dst != nil {
			if dst, err = to.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// pick is the pair of the lower key.
func pick(src, dst *object) pair {
	switch {
	case dst == nil || src != nil && src.rel < dst.rel:
		return pair{rel: src.rel, src: src}
	case src == nil || dst.rel < src.rel:
		return pair{rel: dst.rel, dst: dst}
	}
	return pair{rel: src.rel, src: src, dst: dst}
}

// joined lists both ends and joins them. Where sorted is set the listings are
// sorted in memory first.
func joined(ctx context.Context, from, to *end, sorted bool, each func(pair) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	src := from.list(ctx)
	defer src.close()
	dst := to.list(ctx)
	defer dst.close()
	if sorted {
		if err := src.sort(); err != nil {
			return err
		}
		if err := dst.sort(); err != nil {
			return err
		}
	}
	return join(src, dst, each)
}
