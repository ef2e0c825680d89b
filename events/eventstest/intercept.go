package eventstest

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
)

// Op is one request to a bucket: get, create, update, delete or list to a KV; put, get
// or delete to a bucket of objects, whose name then begins with "objects/".
type Op struct{ Bucket, Name, Key string }

// Writes says whether the request changes what is stored.
func (o Op) Writes() bool { return o.Name != "get" && o.Name != "list" }

// Intercept lets the requests to the buckets of a store pass through on, which performs
// each by call, before or after an error of its own, or not at all. It may be
// called at the same time from several goroutines.
func Intercept(s events.Store, on func(ctx context.Context, op Op, call func() error) error) events.Store {
	return intercepted{s, on}
}

type intercepted struct {
	events.Store
	on func(context.Context, Op, func() error) error
}

func (s intercepted) KV(ctx context.Context, bucket events.Bucket) (events.KV, error) {
	kv, err := s.Store.KV(ctx, bucket)
	return interceptedKV{kv, bucket.Name, s.on}, err
}

func (s intercepted) Objects(ctx context.Context, bucket events.Bucket) (events.Objects, error) {
	objects, err := s.Store.Objects(ctx, bucket)
	return interceptedObjects{objects, "objects/" + bucket.Name, s.on}, err
}

type interceptedObjects struct {
	events.Objects
	bucket string
	on     func(context.Context, Op, func() error) error
}

func (o interceptedObjects) Put(ctx context.Context, name string, data []byte) error {
	return o.on(ctx, Op{o.bucket, "put", name}, func() error { return o.Objects.Put(ctx, name, data) })
}

func (o interceptedObjects) Get(ctx context.Context, name string) (data []byte, err error) {
	err = o.on(ctx, Op{o.bucket, "get", name}, func() (err error) {
		data, err = o.Objects.Get(ctx, name)
		return err
	})
	return data, err
}

func (o interceptedObjects) Delete(ctx context.Context, name string) error {
	return o.on(ctx, Op{o.bucket, "delete", name}, func() error { return o.Objects.Delete(ctx, name) })
}

type interceptedKV struct {
	events.KV
	bucket string
	on     func(context.Context, Op, func() error) error
}

func (k interceptedKV) Get(ctx context.Context, key string) (value []byte, rev uint64, err error) {
	err = k.on(ctx, Op{k.bucket, "get", key}, func() (err error) {
		value, rev, err = k.KV.Get(ctx, key)
		return err
	})
	return value, rev, err
}

func (k interceptedKV) Create(ctx context.Context, key string, value []byte) (rev uint64, err error) {
	err = k.on(ctx, Op{k.bucket, "create", key}, func() (err error) {
		rev, err = k.KV.Create(ctx, key, value)
		return err
	})
	return rev, err
}

func (k interceptedKV) Update(ctx context.Context, key string, value []byte, was uint64) (rev uint64, err error) {
	err = k.on(ctx, Op{k.bucket, "update", key}, func() (err error) {
		rev, err = k.KV.Update(ctx, key, value, was)
		return err
	})
	return rev, err
}

func (k interceptedKV) Delete(ctx context.Context, key string, rev uint64) error {
	return k.on(ctx, Op{k.bucket, "delete", key}, func() error { return k.KV.Delete(ctx, key, rev) })
}

func (k interceptedKV) List(ctx context.Context) (all []events.Entry, err error) {
	err = k.on(ctx, Op{k.bucket, "list", ""}, func() (err error) {
		all, err = k.KV.List(ctx)
		return err
	})
	return all, err
}
