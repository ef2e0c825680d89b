package events

import "time"

// Lease says who works on a row. It is part of the row and written with it, so
// compare-and-set decides between two takers. The zero value is free.
type Lease struct {
	// Owner is the id of the server that holds it.
	Owner string `json:"owner,omitempty"`
	// Expires is when anyone else may take it.
	Expires time.Time `json:"expires,omitzero"`
}

// Free says whether owner may take the lease: it is nobody's, its own, or lapsed.
func (l Lease) Free(owner string, now time.Time) bool {
	return l.Owner == "" || l.Owner == owner || !now.Before(l.Expires)
}

// Take is the lease held by owner for the given time.
func (Lease) Take(owner string, now time.Time, ttl time.Duration) Lease {
	return Lease{Owner: owner, Expires: now.Add(ttl)}
}
