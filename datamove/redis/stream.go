package redis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// streamState is what a stream has beside its entries.
type streamState struct {
	lastID, maxDeleted string
	added              int64
	groups             []group
}

// group is a consumer group without its pending entries.
type group struct {
	name, lastID string
	read         any // number of entries read, nil when it is not known
	pending      int64
	consumers    []string
}

// pending is an entry that was delivered and not acknowledged.
type pending struct {
	id, consumer string
	idle, times  int64
}

// pendingWindow is how many pending entries are read at once.
const pendingWindow = 1000

// stream reads the state of a stream.
func (b *base) stream(ctx context.Context, key string) (streamState, error) {
	info, err := pairs(b.do.Do(ctx, "xinfo", "stream", key).Slice())
	if err != nil {
		return streamState{}, err
	}
	s := streamState{}
	s.lastID, _ = info["last-generated-id"].(string)
	s.maxDeleted, _ = info["max-deleted-entry-id"].(string)
	s.added, _ = info["entries-added"].(int64)
	groups, err := b.do.Do(ctx, "xinfo", "groups", key).Slice()
	if err != nil {
		return streamState{}, err
	}
	for _, reply := range groups {
		g, err := b.group(ctx, key, reply)
		if err != nil {
			return streamState{}, err
		}
		s.groups = append(s.groups, g)
	}
	return s, nil
}

func (b *base) group(ctx context.Context, key string, reply any) (group, error) {
	list, _ := reply.([]any)
	info, err := pairs(list, nil)
	if err != nil {
		return group{}, err
	}
	g := group{read: info["entries-read"]}
	g.name, _ = info["name"].(string)
	g.lastID, _ = info["last-delivered-id"].(string)
	g.pending, _ = info["pending"].(int64)
	if g.consumers, err = b.consumers(ctx, key, g.name); err != nil {
		return group{}, err
	}
	return g, nil
}

// consumers are the names of those of a group, sorted.
func (b *base) consumers(ctx context.Context, key, group string) ([]string, error) {
	consumers, err := b.do.Do(ctx, "xinfo", "consumers", key, group).Slice()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range consumers {
		list, _ := c.([]any)
		info, err := pairs(list, nil)
		if err != nil {
			return nil, err
		}
		name, _ := info["name"].(string)
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// parsePending reads one entry of the answer to XPENDING.
func parsePending(reply any) (p pending, err error) {
	v, ok := reply.([]any)
	if !ok || len(v) < 4 {
		return p, fmt.Errorf("XPENDING answers an entry of %d values", len(v))
	}
	p.id, _ = v[0].(string)
	p.consumer, _ = v[1].(string)
	p.idle, _ = v[2].(int64)
	p.times, _ = v[3].(int64)
	return p, nil
}

// eachPending reads the pending entries of a group in windows.
func (b *base) eachPending(ctx context.Context, key, group string, each func([]pending) error) error {
	for from := "-"; ; {
		replies, err := b.do.Do(ctx, "xpending", key, group, from, "+", pendingWindow).Slice()
		if err != nil || len(replies) == 0 {
			return err
		}
		found := make([]pending, 0, len(replies))
		for _, r := range replies {
			p, err := parsePending(r)
			if err != nil {
				return err
			}
			found = append(found, p)
		}
		if err := each(found); err != nil || len(found) < pendingWindow {
			return err
		}
		if from = after(found[len(found)-1].id); from == "" {
			return nil
		}
	}
}

// after is the id that comes next, "" after the last one. Redis before 6.2 knows no
// "(" for it.
func after(id string) string {
	ms, seq, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(seq, 10, 64)
	if err == nil && n < math.MaxUint64 {
		return ms + "-" + strconv.FormatUint(n+1, 10)
	}
	m, err := strconv.ParseUint(ms, 10, 64)
	if err != nil || m == math.MaxUint64 {
		return ""
	}
	return strconv.FormatUint(m+1, 10) + "-0"
}

// pairs reads names and values in turns.
func pairs(list []any, err error) (map[string]any, error) {
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for i := 0; i+1 < len(list); i += 2 {
		name, _ := list[i].(string)
		out[name] = list[i+1]
	}
	return out, nil
}
