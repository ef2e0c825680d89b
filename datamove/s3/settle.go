package s3

import (
	"context"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Of the objects that this run wrote the first ones of a pass, and one in so many of
// the others, are looked at for what goes with their content. When one of them has
// lost something, all are.
const (
	sampleFirst = 16
	sampleOneIn = 256
)

// settled is a key with the same content on both sides. What goes with it is
// compared when it may differ.
func (w *work) settled(ctx context.Context, p pair) error {
	w.placed(p)
	if !w.looksAt(p) {
		w.units.equal(p.rel, p.dst.size, p.dst.etag)
		return nil
	}
	return w.task(ctx, func(ctx context.Context) error { return w.compareTraits(ctx, p) })
}

// looksAt says whether what goes with the content is compared.
func (w *work) looksAt(p pair) bool {
	if w.verify || p.src.modified.After(p.dst.modified) {
		return true
	}
	if !w.journal.ours(p.rel, p.dst.etag) {
		w.found.add(&w.found.unlooked)
		return false
	}
	return w.distrust.Load() || crc32.ChecksumIEEE([]byte(p.rel))%sampleOneIn == 0 || w.found.next() <= sampleFirst
}

// placed notes an object that is not in the source's storage class.
func (w *work) placed(p pair) {
	if standard(p.src.class) == standard(p.dst.class) {
		return
	}
	w.found.mu.Lock()
	defer w.found.mu.Unlock()
	if w.found.moved++; w.found.moved == 1 {
		w.found.firstMoved = strings.Clone(p.rel)
	}
}

// standard is the storage class, also where a listing names none.
func standard(class string) string {
	if class == "" {
		return string(types.StorageClassStandard)
	}
	return class
}

// compareTraits compares what goes with the content of a key that both sides have.
func (w *work) compareTraits(ctx context.Context, p pair) error {
	names, err := w.traitsDiffer(ctx, p)
	if err != nil {
		return w.trouble(p, err)
	}
	if len(names) == 0 {
		w.units.equal(p.rel, p.dst.size, p.dst.etag)
		return nil
	}
	redirect := slices.Contains(names, redirectName) && w.inside.Load() && w.heads.CompareAndSwap(false, true)
	if w.mode.copying && !redirect && w.journal.ours(p.rel, p.dst.etag) && !p.src.modified.After(p.dst.modified) {
		// This run wrote it with all that it had then: once more would not help.
		w.difference(w.units.differ(p.rel, p.src, p.dst), p.rel, "changed", strings.Join(names, ", "))
		if w.distrust.CompareAndSwap(false, true) {
			w.found.add(&w.found.again)
		}
		return nil
	}
	return w.copyNow(ctx, p, "changed", strings.Join(names, ", "))
}

// traitsDiffer names what differs of what goes with the content.
func (w *work) traitsDiffer(ctx context.Context, p pair) ([]string, error) {
	_, src, err := w.head(ctx, w.from, p.rel, p.src.etag, true)
	if err != nil {
		return nil, err
	}
	_, dst, err := w.head(ctx, w.to, p.rel, p.dst.etag, true)
	if err == nil && src.keyed() && !dst.keyed() {
		w.warn("objects that are encrypted with a key of KMS in the source are not in the target")
	}
	return src.differences(dst), err
}
