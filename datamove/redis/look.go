package redis

import (
	"context"
	"errors"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
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
	// resumed says that the run has written to the target before.
	resumed bool
	tls     bool
	clock   time.Duration
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

// look asks both ends and changes nothing. Empty says that the target must have
// nothing in the way, which is not so for a run that is resumed.
func (r *run) look(ctx context.Context, empty bool) (seen, error) {
	f := r.facts()
	f.resumed = !empty
	var err error
	if f.rights, err = r.rights(ctx); err != nil {
		return seen{}, err
	}
	if len(f.rights) == 0 {
		if err = r.lookInside(ctx, &f, empty); err != nil {
			return seen{}, err
		}
	}
	s := seen{facts: f, functions: f.functions, leftOut: f.functions.leftOut}
	s.mode, s.findings = judge(f)
	return s, nil
}

func (r *run) lookInside(ctx context.Context, f *facts, empty bool) (err error) {
	if f.functions, err = r.functions(ctx); err != nil {
		return err
	}
	if empty && f.existing != datamove.ExistingMerge {
		if err := r.findInTheWay(ctx, f); err != nil {
			return err
		}
	}
	if f.big, err = r.sampleBig(ctx); err != nil {
		return err
	}
	f.replicaLogin, err = r.replicaLogin(ctx)
	return err
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

// sampleBig weighs random keys.
func (r *run) sampleBig(ctx context.Context) ([]bigKey, error) {
	var found []bigKey
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
			entries, err := p.from.dump(ctx, keys, 0)
			if err != nil {
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

// refusal is the error of the first refusal, nil without.
func refusal(findings []datamove.Finding) error {
	var reasons []string
	hint := ""
	for _, f := range findings {
		if f.Severity == datamove.Refusal {
			reasons = append(reasons, f.Message)
			if hint == "" {
				hint = f.Hint
			}
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return events.Errorf(events.KindRefused, hint, "%s", strings.Join(reasons, "; "))
}
