package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
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
	// fieldDepth is how deep JSON may be.
	fieldDepth = 200
)

// Fields implements datamove.Adapter. The name of a field is a glob of the objects
// below one first segment; the path is that of a value in JSON, and empty for the
// text of other objects, which cannot be masked.
func (a *Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	r, err := a.newRun(ctx, j, nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.bucket(ctx, r.from); err != nil {
		return nil, r.told(err)
	}
	s := &sampler{most: n, fields: map[[2]string]*datamove.Field{}}
	picked, err := r.pick(ctx)
	if err != nil {
		return nil, r.told(err)
	}
	for i := range picked {
		if err := r.sample(ctx, s, &picked[i]); err != nil {
			return nil, r.told(err)
		}
	}
	return s.all(), nil
}

// pick picks objects of each prefix.
func (r *run) pick(ctx context.Context) ([]object, error) {
	var picked []object
	counts, seen := map[string]int{}, 0
	list := r.list(ctx, r.from)
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
		if o.size == 0 || !r.takes(o.rel) || counts[unit] >= fieldObjects || counts[unit] == 0 && len(counts) >= fieldPrefixes {
			continue
		}
		counts[unit]++
		picked = append(picked, *o)
	}
}

// sample reads the beginning of an object.
func (r *run) sample(ctx context.Context, s *sampler, o *object) error {
	var content []byte
	var kind string
	err := r.try(ctx, "reading "+r.from.name(o.rel), func(ctx context.Context) error {
		ctx, cancel := r.from.quick(ctx)
		defer cancel()
		out, err := r.read(ctx, o, 0, min(o.size, fieldBytes))
		if err != nil {
			return err
		}
		defer func() { _ = out.Body.Close() }()
		kind = got(out).contentType
		content, err = io.ReadAll(out.Body)
		return err
	}, r.from)
	if f := judge(orNil(err)); err != nil && (f == gone || f == changed || f == archived) {
		return nil
	}
	if err == nil {
		s.take(r.from.prefix+globOf(o.rel), kind, content, o.size > int64(len(content)))
	}
	return err
}

// globOf is the glob of the objects below the first segment of a key.
func globOf(rel string) string {
	if unit := unitName(rel); unit != "/" {
		return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`).Replace(unit) + "*"
	}
	return "*"
}

// sampler collects values by field.
type sampler struct {
	most   int
	fields map[[2]string]*datamove.Field
}

// take takes the values of content, of which cut says that it is only the beginning.
func (s *sampler) take(name, kind string, content []byte, cut bool) {
	if leaves, err := leavesOf(content); err == nil && len(leaves) > 0 || cut && errors.Is(err, io.ErrUnexpectedEOF) {
		for _, l := range leaves {
			s.add(name, l.path, l.kind, l.value)
		}
		return
	}
	if text := content[:min(len(content), fieldText)]; bytes.IndexByte(text, 0) < 0 {
		s.add(name, "", kind, string(bytes.ToValidUTF8(text, nil)))
	}
}

// leaf is a value in JSON that is no object or array.
type leaf struct{ path, kind, value string }

// leavesOf are those of one JSON value after the other, up to where it cannot be read.
func leavesOf(content []byte) ([]leaf, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var found []leaf
	for {
		err := walk(decoder, "$", 0, func(l leaf) { found = append(found, l) })
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
	}
}

// walk reads one value; EOF says that there is none.
func walk(d *json.Decoder, path string, depth int, each func(leaf)) error {
	if depth > fieldDepth {
		return errors.New("it is too deep")
	}
	token, err := d.Token()
	if err != nil && depth > 0 {
		return cutOff(err)
	}
	switch v := token.(type) {
	case json.Delim:
		for d.More() {
			below := path + "[*]"
			if v == '{' {
				key, err := d.Token()
				if err != nil {
					return cutOff(err)
				}
				below = fmt.Sprint(path, ".", key)
			}
			if err := walk(d, below, depth+1, each); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return cutOff(err)
	case string:
		each(leaf{path, "string", v})
	case json.Number:
		each(leaf{path, "number", v.String()})
	}
	return err
}

// cutOff is an error inside a value, where there should have been more.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *sampler) add(name, path, kind, value string) {
	id := [2]string{name, path}
	f := s.fields[id]
	if f == nil {
		if len(s.fields) >= fieldsMost {
			return
		}
		f = &datamove.Field{Store: datamove.StoreS3, Name: name, Path: path, Type: kind}
		s.fields[id] = f
	}
	if len(f.Samples) < s.most && !slices.Contains(f.Samples, value) {
		f.Samples = append(f.Samples, value)
	}
}

// all are the fields by name and path.
func (s *sampler) all() []datamove.Field {
	var all []datamove.Field
	for _, id := range slices.SortedFunc(maps.Keys(s.fields), compareKeys) {
		all = append(all, *s.fields[id])
	}
	return all
}
