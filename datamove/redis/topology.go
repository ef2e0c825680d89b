package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// topology says which master has which slots; the same text means the same owners.
func (s *side) topology(ctx context.Context) (string, error) {
	if s.cluster == nil {
		return "", nil
	}
	ranges, err := s.cluster.ClusterSlots(ctx).Result() //nolint:staticcheck // Redis before 7 knows no CLUSTER SHARDS
	if err != nil {
		return "", s.fault("ask for the slots (CLUSTER SLOTS)", err)
	}
	lines := make([]string, 0, len(ranges))
	for _, r := range ranges {
		if len(r.Nodes) > 0 {
			lines = append(lines, fmt.Sprintf("%d-%d %s", r.Start, r.End, cmp.Or(r.Nodes[0].ID, r.Nodes[0].Addr)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// rediscover asks the cluster for its masters again.
func (s *side) rediscover(ctx context.Context) error {
	s.cluster.ReloadState(ctx)
	if err := s.findMasters(ctx); err != nil {
		return s.fault("find the masters", err)
	}
	s.base(0).nodes = s.nodes
	return nil
}

// position is the source's own word for a moment.
func (s server) position() string {
	if s.cluster || s.replID == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.replID, s.offset)
}
