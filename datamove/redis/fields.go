package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/sample"
)

// Limits of sampling.
const (
	sampledPatterns = 1_000 // as they are; further keys fall under shorter ones
	sampledFields   = 3_000 // that are listed
	sampledPaths    = 100   // of one pattern
	sampledBytes    = 4096  // of each value
)

// Fields samples keys by their patterns. See datamove.Adapter.
func (a *Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	r := a.newRun(j, nil)
	var err error
	if r.from, err = connect(ctx, "source", j.From); err != nil {
		return nil, outcome.Error(err, false)
	}
	r.to = r.from // only the source is read
	defer r.from.close()
	if r.pairs, err = r.choose(); err != nil {
		return nil, outcome.Error(err, false)
	}
	found := &sample.Sampler{Store: datamove.StoreRedis, Values: n, Bytes: sampledBytes, Fields: sampledFields, Paths: sampledPaths}
	for _, p := range r.pairs {
		if err := r.sampleFields(ctx, p.from, found); err != nil {
			return nil, outcome.Error(err, false)
		}
	}
	return found.All(), nil
}

// sampleFields reads some keys of each pattern.
func (r *run) sampleFields(ctx context.Context, b *base, found *sample.Sampler) error {
	byPattern, err := r.samplePatterns(ctx, b, found.Values)
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
			sampleContent(found, name, e.content)
		}
	}
	return nil
}

// samplePatterns returns at most n keys of each pattern. It lists all names, so that
// rare keys are found as well.
func (r *run) samplePatterns(ctx context.Context, b *base, n int) (map[string][]string, error) {
	out := map[string][]string{}
	if n <= 0 {
		return out, nil
	}
	filter := r.job.Store.Filter()
	for _, node := range b.nodes {
		err := b.eachPage(ctx, node, func(keys []string) error {
			for _, k := range keys {
				if !filter.Takes(k) {
					continue
				}
				if name := bucket(out, k); len(out[name]) < n {
					out[name] = append(out[name], k)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
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
	return nil, b.end.wrap("read a large key", err)
}

// sampleContent adds the values of a key of the pattern.
func sampleContent(s *sample.Sampler, name string, c content) {
	switch c.kind {
	case kindHash, kindStream:
		for i := 0; i+1 < len(c.values); i += 2 {
			s.Add(name, c.values[i], c.kind, c.values[i+1])
		}
	default:
		for i := 0; i < len(c.values); i += stride(c.kind) {
			sampleValue(s, name, c.kind, c.values[i])
		}
	}
}

// sampleValue adds one value; of JSON, every leaf.
func sampleValue(s *sample.Sampler, name, kind, value string) {
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		if leaves, err := sample.Leaves([]byte(value)); err == nil {
			for _, l := range leaves {
				s.Add(name, l.Path, kind, l.Value)
			}
			return
		}
	}
	s.Add(name, "", kind, value)
}
