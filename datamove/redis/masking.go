package redis

import (
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// masking masks what keys hold and notes what it has masked.
type masking struct {
	mask  datamove.Masker // nil masks nothing
	notes *outcome.Notes
}

// key is how the key is masked, nil when it is not.
func (m masking) key(key string) datamove.KeyMask {
	if m.mask == nil {
		return nil
	}
	return m.mask.Key(key)
}

// masks says whether the key is masked.
func (m masking) masks(key string) bool { return m.key(key) != nil }

// split separates the keys that are masked from those that are not.
func (m masking) split(keys []string) (plain, masked []string) {
	if m.mask == nil {
		return keys, nil
	}
	for _, k := range keys {
		if m.masks(k) {
			masked = append(masked, k)
		} else {
			plain = append(plain, k)
		}
	}
	return plain, masked
}

// content masks the elements of a key that is masked; others stay as they are.
// Counted says that it is noted.
func (m masking) content(key string, in content, counted bool) (content, error) {
	mask := m.key(key)
	if mask == nil {
		return in, nil
	}
	counts := map[string]int64{}
	out, err := in.masked(mask, func(as string) { counts[as]++ })
	if err != nil {
		return content{}, events.Errorf(events.KindInternal, "see the rule for this key in the masking policy", "mask the %s %q: %w", in.kind, key, err)
	}
	if counted {
		name := pattern(key)
		for as, n := range counts {
			m.notes.Mask(name, as, n)
		}
	}
	return out, nil
}

// window masks the elements of a piece.
func (m masking) window(key string, w window, counted bool) (window, error) {
	if !m.masks(key) {
		return w, nil
	}
	if w.kind != kindStream {
		masked, err := m.content(key, w.content, counted)
		w.content = masked
		return w, err
	}
	fields := make([][]string, len(w.fields))
	for i, f := range w.fields {
		// The fields of an entry are masked as those of a hash; one without fields
		// cannot be, so its first stays, without a value.
		masked, err := m.content(key, content{kind: kindHash, values: f}, counted)
		if err != nil {
			return window{}, err
		}
		if fields[i] = masked.values; len(fields[i]) == 0 && len(f) > 0 {
			fields[i] = []string{f[0], ""}
		}
	}
	w.fields = fields
	return w, nil
}
