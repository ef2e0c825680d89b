package events

import (
	"context"
	"errors"
	"time"
)

// Errors of a KV. They are matched with errors.Is.
var (
	// ErrFull says that a bucket, or the store, has no room. Nothing was written.
	ErrFull     = errors.New("is full")
	ErrNotFound = errors.New("no such key")
	ErrExists   = errors.New("key exists already")
	ErrConflict = errors.New("key was changed by someone else")
)

// Store opens the buckets in which services keep their state. All methods of all
// buckets may be called at the same time.
type Store interface {
	// KV opens the bucket, made on first use. One that exists gets the TTL and the
	// quota that are asked for, unless it is opened as it is.
	KV(ctx context.Context, bucket Bucket) (KV, error)
	// Objects opens a bucket of objects in the same way. It shares no names with KV.
	Objects(ctx context.Context, bucket Bucket) (Objects, error)
}

// Bucket names a bucket and bounds it.
type Bucket struct {
	// Name is a token as Key makes them.
	Name string
	// TTL is the age at which a value is deleted; 0 keeps it for ever.
	TTL time.Duration
	// Quota bounds what the bucket stores, in bytes; 0 means the default.
	Quota int64
	// AsIs leaves a bucket that exists with the TTL and the quota that it has: a
	// shorter TTL would delete what somebody else keeps.
	AsIs bool
}

// KV is one bucket with compare-and-set. Keys are tokens as Key makes them. A
// read sees every write that returned before it began.
type KV interface {
	// Get reads a value and its revision. Errors: ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, uint64, error)
	// Create writes a value that must not exist yet. Errors: ErrExists.
	Create(ctx context.Context, key string, value []byte) (uint64, error)
	// Update replaces the value of the given revision. Errors: ErrConflict.
	Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	// Delete removes the value of the given revision; 0 takes any. Errors: ErrConflict.
	Delete(ctx context.Context, key string, revision uint64) error
	// List reads every value, in the order of the keys. The number of its requests
	// does not depend on how many there are. While others write, each key comes with
	// one of the values that it had meanwhile.
	List(ctx context.Context) ([]Entry, error)
	// Watch shows every value that is there, then calls caughtUp once, then shows
	// each change until ctx ends or show returns false; it returns nil for both. A
	// server that goes away is waited for. Several changes of one key in a short
	// time may be shown as the last of them, and an entry may be shown again, with
	// the same revision; those of one key come in the order of their revisions.
	// show must not block: changes wait for it.
	Watch(ctx context.Context, show func(Entry) bool, caughtUp func()) error
}

// Entry is a key of a bucket with its value, or the news that it has none any more.
type Entry struct {
	Key   string
	Value []byte
	// Revision grows with each change in the bucket.
	Revision uint64
	// Deleted says that the value was deleted, or has reached its age.
	Deleted bool
}

// Objects is a bucket of values of any size that are read and written as a whole,
// such as records. Names are tokens as Key makes them.
type Objects interface {
	// Put writes the object or replaces it. Of two at the same time one is kept
	// whole. What it replaces leaves nothing behind.
	Put(ctx context.Context, name string, data []byte) error
	// Get reads an object as the last Put that returned before wrote it, or a later
	// one. Errors: ErrNotFound.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete removes the object. One that is not there is no error.
	Delete(ctx context.Context, name string) error
}
