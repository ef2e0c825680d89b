package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// openSlots begins the line of a topology for a slot that is being moved.
const openSlots = "open "

// settled says whether no slot moved between two topologies. Keys of an open slot move
// one by one, while its owner stays.
func settled(before, after string) bool {
	return before == after && !strings.Contains("\n"+before, "\n"+openSlots)
}

// topologies are those of both ends.
func (r *run) topologies(ctx context.Context) (both [2]string, err error) {
	for i, s := range []*end{r.from, r.to} {
		if both[i], err = s.topology(ctx); err != nil {
			return both, err
		}
	}
	return both, nil
}

// topology says which master has which slots, and which of them are open; the same
// text means the same.
func (e *end) topology(ctx context.Context) (string, error) {
	if e.cluster == nil {
		return "", nil
	}
	ranges, err := e.cluster.ClusterSlots(ctx).Result() //nolint:staticcheck // Redis before 7 knows no CLUSTER SHARDS
	if err != nil {
		return "", e.wrap("ask for the slots (CLUSTER SLOTS)", err)
	}
	lines := make([]string, 0, len(ranges))
	for _, r := range ranges {
		if len(r.Nodes) > 0 {
			lines = append(lines, fmt.Sprintf("%d-%d %s", r.Start, r.End, cmp.Or(r.Nodes[0].ID, r.Nodes[0].Addr)))
		}
	}
	open, err := e.openSlots(ctx)
	if err != nil {
		return "", err
	}
	lines = append(lines, open...)
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// openSlots asks each master, since only those that take part in a move know of it.
func (e *end) openSlots(ctx context.Context) ([]string, error) {
	var lines []string
	for _, node := range e.nodes {
		text, err := node.ClusterNodes(ctx).Result()
		if err != nil {
			return nil, e.wrap("ask for open slots (CLUSTER NODES)", err)
		}
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "myself") {
				continue
			}
			for word := range strings.FieldsSeq(line) {
				if strings.HasPrefix(word, "[") {
					lines = append(lines, openSlots+word)
				}
			}
		}
	}
	return lines, nil
}

// rediscover asks the cluster for its masters again.
func (e *end) rediscover(ctx context.Context) error {
	e.cluster.ReloadState(ctx)
	if err := e.findMasters(ctx); err != nil {
		return e.wrap("find the masters", err)
	}
	e.base(0).nodes = e.nodes
	return nil
}

// position is the source's own word for a moment.
func (s server) position() string {
	if s.cluster || s.replID == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.replID, s.offset)
}
