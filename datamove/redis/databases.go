package redis

import (
	"maps"
	"slices"
	"strconv"

	"github.com/shakedown-dev/shakedown/events"
)

// choose says which databases are copied and where to, by the rule of the
// package comment.
func (r *run) choose() ([]pair, error) {
	from, fromGiven, err := r.from.path()
	if err != nil {
		return nil, err
	}
	to, toGiven, err := r.to.path()
	if err != nil {
		return nil, err
	}
	numbers := r.job.Store.Redis.Databases
	switch {
	case toGiven && slices.ContainsFunc(numbers, func(n int) bool { return n != to }):
		// The guards judge what the URL says.
		return nil, events.Errorf(events.KindInvalid, "leave the database out of the target's URL",
			"the URL of the target names database %d, but redis.databases copies %v", to, numbers)
	case len(numbers) == 0 && fromGiven:
		if !toGiven {
			to = from
		}
		return r.clusterHasOne([]pair{newPair(r.from.base(from), r.to.base(to))})
	case len(numbers) == 0:
		numbers = slices.Sorted(maps.Keys(r.from.server.keys))
		if toGiven && (len(numbers) > 1 || len(numbers) == 1 && numbers[0] != to) {
			return nil, events.Errorf(events.KindInvalid, "name the database in the URL of the source as well, or leave it out of the target's",
				"the URL of the target names database %d, but all databases of the source are copied", to)
		}
	}
	return r.numbered(numbers)
}

// numbered are the databases of the same numbers on both sides, 0 where there are none.
func (r *run) numbered(numbers []int) ([]pair, error) {
	if len(numbers) == 0 {
		numbers = []int{0}
	}
	numbers = slices.Sorted(slices.Values(numbers))
	if n := numbers[0]; n < 0 {
		return nil, events.Errorf(events.KindInvalid, "", "redis.databases: %d is not the number of a database", n)
	}
	var pairs []pair
	for _, n := range slices.Compact(numbers) {
		pairs = append(pairs, newPair(r.from.base(n), r.to.base(n)))
	}
	return r.clusterHasOne(pairs)
}

func (r *run) clusterHasOne(pairs []pair) ([]pair, error) {
	for _, p := range pairs {
		for s, n := range map[*end]int{r.from: p.from.number, r.to: p.to.number} {
			if s.cluster != nil && n != 0 {
				return nil, events.Errorf(events.KindInvalid, "copy database 0 with redis.databases: [0]",
					"the %s is a cluster, which has no database %d", s.name, n)
			}
		}
	}
	return pairs, nil
}

// path is the number in the path of the URL.
func (e *end) path() (number int, given bool, err error) {
	if e.address.Path == "" {
		return 0, false, nil
	}
	n, err := strconv.Atoi(e.address.Path)
	if err != nil || n < 0 {
		return 0, false, events.Errorf(events.KindInvalid, "write redis://host:6379/0", "the path of the URL of the %s is not the number of a database", e.name)
	}
	return n, true, nil
}

// whole says whether everything that the source has is copied to where it is there.
func (r *run) whole() bool {
	covered := map[int]bool{}
	for _, p := range r.pairs {
		if p.from.number != p.to.number {
			return false
		}
		covered[p.from.number] = true
	}
	for n := range r.from.server.keys {
		if !covered[n] {
			return false
		}
	}
	return len(r.job.Store.Include) == 0 && len(r.job.Store.Exclude) == 0
}
