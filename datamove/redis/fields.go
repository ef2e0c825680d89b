package redis

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Limits of sampling.
const (
	sampledPatterns = 1_000 // as they are; further keys fall under shorter ones
	sampledFields   = 3_000 // that are told
	sampledPaths    = 100   // of one pattern
	sampledBytes    = 4096  // of each value
	jsonDepth       = 8
)

// Fields samples keys by their patterns. See datamove.Adapter.
func (a *Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	r := &run{adapter: a, job: j}
	var err error
	if r.from, err = connect(ctx, "source", j.From); err != nil {
		return nil, err
	}
	r.to = r.from // only the source is read
	defer r.from.close()
	if r.pairs, err = r.choose(); err != nil {
		return nil, err
	}
	found := samples{limit: n, fields: map[[3]string]*datamove.Field{}, of: map[string]int{}}
	for _, p := range r.pairs {
		if err := r.sampleFields(ctx, p.from, &found); err != nil {
			return nil, err
		}
	}
	return found.list(), nil
}

// sampleFields reads some keys of each pattern.
func (r *run) sampleFields(ctx context.Context, b *base, found *samples) error {
	byPattern, err := r.samplePatterns(ctx, b, found.limit)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(byPattern)) {
		entries, err := b.contents(ctx, byPattern[name], fatKey)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.size > 0 {
				if e.content.values, err = b.firstValues(ctx, e.key, e.content.kind); err != nil {
					return err
				}
			}
			found.take(name, e.content)
		}
	}
	return nil
}

// samplePatterns returns at most n keys of each pattern. It looks at all names, so
// that rare keys are found as well.
func (r *run) samplePatterns(ctx context.Context, b *base, n int) (map[string][]string, error) {
	out := map[string][]string{}
	if n <= 0 {
		return out, nil
	}
	filter := r.job.Store.Filter()
	for _, node := range b.nodes {
		for cursor := uint64(0); ; {
			keys, next, err := node.Scan(ctx, cursor, "", batchKeys).Result()
			if err != nil {
				return nil, b.side.fault("list the keys (SCAN)", err)
			}
			for _, k := range keys {
				if !filter.Takes(k) {
					continue
				}
				if name := bucket(out, k); len(out[name]) < n {
					out[name] = append(out[name], k)
				}
			}
			if next == 0 {
				break
			}
			cursor = next
		}
	}
	return out, nil
}

// bucket is the pattern under which a key is sampled: its own, or when there are too
// many, that of all keys that begin with the same part, or that of all.
func bucket(have map[string][]string, key string) string {
	name := pattern(key)
	if len(have[name]) > 0 || len(have) < sampledPatterns {
		return name
	}
	if n := strings.IndexFunc(key, separates); n >= 0 {
		name = escape(key[:n+1]) + "*"
		if len(have[name]) > 0 || len(have) < 2*sampledPatterns {
			return name
		}
	}
	return "*"
}

// firstValues are those of the first piece of a stream or of a large key.
func (b *base) firstValues(ctx context.Context, key, kind string) ([]string, error) {
	var values []string
	err := b.walk(ctx, key, kind, func(w window) error {
		values = append(w.values, slices.Concat(w.fields...)...)
		return errEnough
	})
	if err == nil || errors.Is(err, errEnough) || errors.Is(err, errKind) {
		return values, nil
	}
	return nil, b.side.fault("read a large key", err)
}

// samples are fields with values.
type samples struct {
	limit  int
	fields map[[3]string]*datamove.Field
	of     map[string]int // fields by pattern
}

// take adds the values of a key of the pattern.
func (s *samples) take(name string, c content) {
	switch c.kind {
	case kindHash, kindStream:
		for i := 0; i+1 < len(c.values); i += 2 {
			s.add(name, c.values[i], c.kind, c.values[i+1])
		}
	default:
		for i := 0; i < len(c.values); i += stride(c.kind) {
			s.value(name, c.kind, c.values[i])
		}
	}
}

// value adds one value; of JSON, every leaf.
func (s *samples) value(name, kind, value string) {
	var document any
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		if json.Unmarshal([]byte(value), &document) == nil {
			s.leaves(name, "$", kind, document, jsonDepth)
			return
		}
	}
	s.add(name, "", kind, value)
}

func (s *samples) leaves(name, path, kind string, document any, depth int) {
	if depth == 0 {
		return
	}
	switch v := document.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			s.leaves(name, path+"."+k, kind, v[k], depth-1)
		}
	case []any:
		for _, e := range v {
			s.leaves(name, path+"[*]", kind, e, depth-1)
		}
	case string:
		s.add(name, path, kind, v)
	case float64:
		if text, err := json.Marshal(v); err == nil {
			s.add(name, path, kind, string(text))
		}
	}
}

func (s *samples) add(name, path, kind, value string) {
	at := [3]string{name, path, kind}
	f := s.fields[at]
	if f == nil {
		switch {
		case len(s.fields) >= sampledFields:
			return
		case s.of[name] >= sampledPaths && path != "":
			s.add(name, "", kind, value) // as one of all
			return
		}
		s.of[name]++
		f = &datamove.Field{Store: datamove.StoreRedis, Name: name, Path: path, Type: kind}
		s.fields[at] = f
	}
	if len(f.Samples) < s.limit {
		f.Samples = append(f.Samples, value[:min(len(value), sampledBytes)])
	}
}

func (s *samples) list() []datamove.Field {
	var out []datamove.Field
	for _, f := range s.fields {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b datamove.Field) int {
		return strings.Compare(a.Name+"\x00"+a.Path+"\x00"+a.Type, b.Name+"\x00"+b.Path+"\x00"+b.Type)
	})
	return out
}
