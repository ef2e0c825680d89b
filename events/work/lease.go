package work

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Lease says who works on a row. It is part of the row and written with it, so
// compare-and-set decides between two claimers. The zero value is free.
type Lease struct {
	// Owner is the id of the server that holds it; "" when nobody does.
	Owner string `json:"owner,omitempty"`
	// Process is the process of the owner that claimed it.
	Process string `json:"process,omitempty"`
	// Epoch counts the claims of the row.
	Epoch uint64 `json:"epoch,omitempty"`
	// Beat counts the renewals of the claim.
	Beat uint64 `json:"beat,omitempty"`
	// TTL is how long the holder may be silent.
	TTL events.Duration `json:"ttl,omitempty"`
}

// claimed is the lease after owner has claimed it.
func (l Lease) claimed(owner, process string, ttl time.Duration) Lease {
	return Lease{Owner: owner, Process: process, Epoch: l.Epoch + 1, TTL: events.Duration(ttl)}
}

// renewed is the lease after its holder has said that it is there.
func (l Lease) renewed() Lease {
	l.Beat++
	return l
}

// released is the lease after its holder has given it back.
func (l Lease) released() Lease { return Lease{Epoch: l.Epoch} }

// same says whether both are of one claim.
func (l Lease) same(o Lease) bool {
	return l.Owner == o.Owner && l.Process == o.Process && l.Epoch == o.Epoch
}

// sight is a lease as this process has seen it.
type sight struct {
	lease Lease
	// since is when it was first seen like this, on our own clock.
	since time.Time
}

// see is the sight after the lease was seen once more.
func (s sight) see(l Lease, now time.Time) sight {
	if s.lease == l && !s.since.IsZero() {
		return s
	}
	return sight{lease: l, since: now}
}

// lapses is when the holder, if it stays silent, has lost the lease.
func (s sight) lapses() time.Time { return s.since.Add(s.lease.TTL.Std()) }

// free says whether owner may claim: the lease is nobody's, of a former process
// of owner, or lapsed.
func (s sight) free(owner string, now time.Time) bool {
	return s.lease.Owner == "" || s.lease.Owner == owner || !now.Before(s.lapses())
}
