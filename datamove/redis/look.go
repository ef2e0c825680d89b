package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// facts are what a look at both ends has found; findings are made of them.
type facts struct {
	from, to         server
	fromURL, toURL   string
	fromHost, toHost string
	pairs            [][2]int
	existing         datamove.Existing
	settings         datamove.Redis
	masked, whole    bool
	throttled        bool
	// before is what earlier tries of the run have done.
	before before
	tls    bool
	clock  time.Duration
	// inTheWay counts keys of the target that the copy would meet, one of them as an example.
	inTheWay int64
	example  string
	big      []bigKey
	rights   []datamove.Finding
	// replicaLogin is what stops the target from taking our login for replication.
	replicaLogin string
	functions    functionsSeen
}

// bigKey is one that was found by sampling.
type bigKey struct {
	name string
	size int64
}

// seen is what a copy takes from a look.
type seen struct {
	facts     facts
	findings  []datamove.Finding
	leftOut   []datamove.LeftOut
	functions functionsSeen
	mode      string
}

// facts are those that are known without asking more.
func (r *run) facts() facts {
	f := facts{
		from: r.from.server, to: r.to.server, fromURL: r.from.access.URL, toURL: r.to.access.URL,
		fromHost: r.from.address.Hosts[0], toHost: r.to.address.Hosts[0],
		existing: r.job.Store.Existing, settings: r.job.Store.Redis, masked: r.job.Mask != nil, whole: r.whole(),
		throttled: r.job.Store.Throttle.BytesPerSecond > 0, tls: r.from.address.TLS, clock: r.clock,
	}
	for _, p := range r.pairs {
		f.pairs = append(f.pairs, [2]int{p.from.number, p.to.number})
	}
	return f
}

// before is what earlier tries of a run have done; zero for a new one.
type before struct {
	// mode is the way in which it began.
	mode string
	// attached says that the target was made a replica, which wiped it.
	attached bool
}

// before reads it from the journal.
func (r *run) before(past []line) before {
	began := last(past, stepBegan)
	if !r.job.Resume || began == nil {
		return before{}
	}
	return before{mode: began.Mode, attached: last(past, stepAttach) != nil}
}

// wrote says that what the target has may be from the run itself.
func (b before) wrote() bool { return b.mode == modeScan || b.attached }

// look asks both ends and changes nothing.
func (r *run) look(ctx context.Context, before before) (seen, error) {
	f := r.facts()
	f.before = before
	var err error
	if f.rights, err = r.rights(ctx); err != nil {
		return seen{}, err
	}
	if len(f.rights) == 0 {
		if err = r.lookInside(ctx, &f); err != nil {
			return seen{}, err
		}
	}
	s := seen{facts: f, functions: f.functions, leftOut: f.functions.leftOut}
	s.mode, s.findings = judge(f)
	return s, nil
}

func (r *run) lookInside(ctx context.Context, f *facts) (err error) {
	if err := r.lookAtDatabases(ctx); err != nil {
		return err
	}
	if f.functions, err = r.functions(ctx); err != nil {
		return err
	}
	if !f.before.wrote() && f.existing != datamove.ExistingMerge {
		if err := r.findInTheWay(ctx, f); err != nil {
			return err
		}
	}
	f.big, err = r.sampleBig(ctx, func(p pair, keys []string) error {
		found, err := r.mayWrite(ctx, p.to, keys)
		if len(f.rights) == 0 {
			f.rights = found
		}
		return err
	})
	if err != nil {
		return err
	}
	f.replicaLogin, err = r.replicaLogin(ctx)
	return err
}

// lookAtDatabases finds those that an end does not have, before anything is done.
func (r *run) lookAtDatabases(ctx context.Context) error {
	for _, p := range r.pairs {
		for _, b := range []*base{p.from, p.to} {
			if _, err := b.size(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// errEnough ends a scan early.
var errEnough = errors.New("enough was seen")

// findInTheWay counts keys of the target that the filter takes; it stops at the first.
func (r *run) findInTheWay(ctx context.Context, f *facts) error {
	for _, p := range r.pairs {
		n, err := p.to.size(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		for _, node := range p.to.nodes {
			err := r.firstKey(ctx, p.to, node, func(key string) { f.inTheWay, f.example = n, key })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) firstKey(ctx context.Context, b *base, node *goredis.Client, found func(string)) error {
	batches := make(chan []string, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- r.scan(ctx, b, node, batches); close(batches) }()
	for keys := range batches {
		found(keys[0])
		cancel(errEnough)
	}
	if err := <-done; !errors.Is(context.Cause(ctx), errEnough) {
		return err
	}
	return nil
}

// sampleRounds is how many random keys of each database are weighed in a look.
const sampleRounds = 200

// sampleBig weighs random keys; sampled is told which.
func (r *run) sampleBig(ctx context.Context, sampled func(p pair, keys []string) error) ([]bigKey, error) {
	var found []bigKey
	filter := r.job.Store.Filter()
	seen := map[string]bool{}
	for _, p := range r.pairs {
		if r.from.server.keys[p.from.number] == 0 {
			continue
		}
		for _, node := range p.from.nodes {
			keys, err := randomKeys(ctx, node, sampleRounds)
			if err != nil {
				return nil, p.from.side.fault("sample keys (RANDOMKEY)", err)
			}
			keys = slices.DeleteFunc(keys, func(k string) bool { return !filter.Takes(k) })
			entries, err := p.from.dump(ctx, keys, 0)
			if err != nil {
				return nil, err
			}
			if err := sampled(p, keys); err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.size >= r.bigKey() && !seen[e.key] {
					seen[e.key] = true
					found = append(found, bigKey{e.key, e.size})
				}
			}
		}
	}
	return found, nil
}

func randomKeys(ctx context.Context, node *goredis.Client, n int) ([]string, error) {
	p := node.Pipeline()
	commands := make([]*goredis.StringCmd, n)
	for i := range commands {
		commands[i] = p.RandomKey(ctx)
	}
	if _, err := p.Exec(ctx); err != nil && !errors.Is(err, goredis.Nil) {
		return nil, err
	}
	var keys []string
	for _, c := range commands {
		if c.Err() == nil {
			keys = append(keys, c.Val())
		}
	}
	return keys, nil
}
