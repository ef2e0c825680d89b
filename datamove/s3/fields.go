package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/sample"
)

const (
	// fieldObjects is how many objects of each prefix, and fieldPrefixes how many
	// prefixes, are sampled.
	fieldObjects  = 20
	fieldPrefixes = 50
	// fieldBytes is how much of an object is read, fieldText how much of a text is shown.
	fieldBytes = 1 << 20
	fieldText  = 400
	fieldsMost = 1000
)

// Fields implements datamove.Adapter. The name of a field is a glob of the objects
// below one first segment; the path is that of a value in JSON, and empty for the
// text of other objects, which cannot be masked.
func (a *Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	r, err := a.newRun(ctx, j, nil)
	if err != nil {
		return nil, outcome.Error(err, false)
	}
	defer r.close()
	if err := r.from.check(ctx); err != nil {
		return nil, r.fail(err)
	}
	picked, err := r.pickObjects(ctx)
	if err != nil {
		return nil, r.fail(err)
	}
	s := newSampler(n)
	for i := range picked {
		if err := r.sample(ctx, s, &picked[i]); err != nil {
			return nil, r.fail(err)
		}
	}
	return s.All(), nil
}

func newSampler(values int) *sample.Sampler {
	return &sample.Sampler{Store: datamove.StoreS3, Values: values, Bytes: fieldBytes, Fields: fieldsMost, Distinct: true}
}

// pickObjects picks objects of each prefix.
func (r *run) pickObjects(ctx context.Context) ([]object, error) {
	var picked []object
	counts, seen := map[string]int{}, 0
	list := r.from.list(ctx)
	defer list.close()
	list.sorted = true // the order does not matter here
	for {
		o, err := list.next()
		if err != nil || o == nil {
			return picked, err
		}
		if seen++; seen > planMost {
			return picked, nil
		}
		unit := unitName(o.rel)
		if o.size == 0 || !r.includes(o.rel) || counts[unit] >= fieldObjects || counts[unit] == 0 && len(counts) >= fieldPrefixes {
			continue
		}
		counts[unit]++
		picked = append(picked, *o)
	}
}

// sample reads the beginning of an object.
func (r *run) sample(ctx context.Context, s *sample.Sampler, o *object) error {
	var content []byte
	var kind string
	err := r.from.try(ctx, "reading "+r.from.name(o.rel), func(ctx context.Context) error {
		ctx, cancel := r.from.quick(ctx)
		defer cancel()
		out, err := r.from.read(ctx, o, 0, min(o.size, fieldBytes))
		if err != nil {
			return err
		}
		defer func() { _ = out.Body.Close() }()
		kind = got(out).contentType
		content, err = io.ReadAll(out.Body)
		return err
	})
	switch classify(err) {
	case gone, changed, archived:
		return nil
	case none:
		sampleContent(s, r.from.prefix+globOf(o.rel), kind, content, o.size > int64(len(content)))
		return nil
	default:
		return err
	}
}

// globOf is the glob of the objects below the first segment of a key.
func globOf(rel string) string {
	if unit := unitName(rel); unit != "/" {
		return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`).Replace(unit) + "*"
	}
	return "*"
}

// sampleContent takes the values of content, of which truncated says that it is only
// the beginning.
func sampleContent(s *sample.Sampler, name, kind string, content []byte, truncated bool) {
	leaves, err := sample.Leaves(content)
	if err == nil && len(leaves) > 0 || truncated && errors.Is(err, io.ErrUnexpectedEOF) {
		for _, l := range leaves {
			s.Add(name, l.Path, l.Kind, l.Value)
		}
		return
	}
	if text := content[:min(len(content), fieldText)]; bytes.IndexByte(text, 0) < 0 {
		s.Add(name, "", kind, string(bytes.ToValidUTF8(text, nil)))
	}
}
