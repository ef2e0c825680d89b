package s3

import (
	"context"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Of the objects that this run wrote the first ones of a pass, and one in so many of
// the others, are sampled: what goes with their content is compared. When one of them
// has lost something, all are compared.
const (
	sampleFirst = 16
	sampleOneIn = 256
)

// sameContent is a key with the same content on both sides. What goes with it is
// compared when it may differ.
func (p *pass) sameContent(ctx context.Context, k pair) error {
	if standard(k.src.class) != standard(k.dst.class) {
		p.found.addMoved(k.rel)
	}
	if !p.comparesTraits(k) {
		p.run.units.equal(k.rel, k.dst.size, k.dst.etag)
		return nil
	}
	return p.pool.do(ctx, func(ctx context.Context) error { return p.compareTraits(ctx, k) })
}

// standard is the storage class, also where a listing names none.
func standard(class string) string {
	if class == "" {
		return string(types.StorageClassStandard)
	}
	return class
}

// comparesTraits says whether what goes with the content is compared.
func (p *pass) comparesTraits(k pair) bool {
	if p.run.verify || k.src.modified.After(k.dst.modified) {
		return true
	}
	if !p.run.journal.ours(k.rel, k.dst.etag) {
		p.found.add(&p.found.uncompared)
		return false
	}
	return p.run.distrust.Load() || crc32.ChecksumIEEE([]byte(k.rel))%sampleOneIn == 0 || p.found.nextSample() <= sampleFirst
}

// compareTraits compares what goes with the content of a key that both sides have.
func (p *pass) compareTraits(ctx context.Context, k pair) error {
	names, err := p.traitsDiffer(ctx, k)
	if err != nil {
		return p.failed(k, err)
	}
	if len(names) == 0 {
		p.run.units.equal(k.rel, k.dst.size, k.dst.etag)
		return nil
	}
	way := &p.run.copier.way
	redirect := slices.Contains(names, redirectName) && way.inside.Load() && way.heads.CompareAndSwap(false, true)
	if p.copying && !redirect && p.run.journal.ours(k.rel, k.dst.etag) && !k.src.modified.After(k.dst.modified) {
		// This run wrote it with all that it had then: once more would not help.
		p.differs(k, "changed", strings.Join(names, ", "))
		if p.run.distrust.CompareAndSwap(false, true) {
			p.found.add(&p.found.again)
		}
		return nil
	}
	return p.copyNow(ctx, k, "changed", strings.Join(names, ", "))
}

// traitsDiffer names what differs of what goes with the content.
func (p *pass) traitsDiffer(ctx context.Context, k pair) ([]string, error) {
	_, src, err := p.run.from.head(ctx, k.rel, k.src.etag, true)
	if err != nil {
		return nil, err
	}
	_, dst, err := p.run.to.head(ctx, k.rel, k.dst.etag, true)
	if err == nil && src.keyed() && !dst.keyed() {
		p.run.notes.Warn("objects that are encrypted with a key of KMS in the source are not in the target")
	}
	return src.differences(dst), err
}
