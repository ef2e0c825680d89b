package redis

import (
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// facts are what both ends have answered; findings are made of them.
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
	// existingKeys counts keys of the target that the copy would meet, exampleKey is one.
	existingKeys int64
	exampleKey   string
	big          []bigKey
	rights       []datamove.Finding
	// replicaLogin is what stops the target from taking our login for replication.
	replicaLogin string
	functions    functions
	// unfitted refuses includes that fit nothing.
	unfitted []datamove.Finding
}

// bigKey is one that was found by sampling.
type bigKey struct {
	name string
	size int64
}

// facts are those that are known without asking more.
func (r *run) facts() facts {
	f := facts{
		from: r.from.server, to: r.to.server, fromURL: r.from.access.URL, toURL: r.to.access.URL,
		fromHost: r.from.address.Hosts[0], toHost: r.to.address.Hosts[0],
		existing: r.job.Store.Existing, settings: r.job.Store.Redis, masked: r.job.Mask != nil, whole: r.whole(),
		throttled: r.job.Store.Throttle.BytesPerSecond > 0, tls: r.from.address.TLS, clock: time.Duration(r.skew),
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
