package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	objectStream = "SHAKEDOWN_OBJECTS_"
	objectPrefix = events.Prefix + "objects."
	// chunkSize fits any server: the default of NATS is 1 MiB for a message.
	chunkSize = 256 << 10
)

// The headers of an object's head.
const (
	headPut    = "Shakedown-Put"
	headChunks = "Shakedown-Chunks"
)

// objects keeps each object as one message, the head, which a Put replaces by
// compare-and-set. What does not fit into it is in chunks, which belong to one
// Put: they are written before the head that names the Put, and removed after the
// head names another one.
type objects struct {
	bus    *Bus
	name   string
	prefix string
	stream jetstream.Stream
}

// Objects opens the bucket, made on first use, and removes what puts left there
// that did not end.
func (b *Bus) Objects(ctx context.Context, want events.Bucket) (events.Objects, error) {
	if events.Key(want.Name) != want.Name {
		return nil, badName("bucket", want.Name)
	}
	o := &objects{bus: b, name: want.Name, prefix: objectPrefix + want.Name + "."}
	var err error
	if o.stream, err = b.ensureBucket(ctx, objectsConfig(want), want.AsIs); err == nil {
		err = o.sweep(ctx, orphanAge)
	}
	if err != nil {
		return nil, storeError("open bucket", want.Name, err)
	}
	return o, nil
}

// objectsConfig is the stream below a bucket of objects. Nobody watches it, so it
// needs no marks of what was deleted.
func objectsConfig(want events.Bucket) jetstream.StreamConfig {
	config := bucketConfig(want)
	config.Name, config.Subjects = objectStream+want.Name, []string{objectPrefix + want.Name + ".>"}
	config.SubjectDeleteMarkerTTL, config.MaxBytes = 0, orDefault(want.Quota, objectsQuota)
	return config
}

// head is what the stream has of an object; the zero value means nothing.
type head struct {
	// revision is 0 when there is no object.
	revision uint64
	// put names the Put that wrote it, and chunks counts those beside the head.
	put    string
	chunks int
	data   []byte
}

// Put writes the chunks, if there are any, and then the head. When it returns, the
// chunks that no head names are gone; those of a Put whose end nobody knows keep
// their mark.
func (o *objects) Put(ctx context.Context, name string, data []byte) error {
	if events.Key(name) != name {
		return badName("object", name)
	}
	put := newPut(data)
	err := o.writeChunks(ctx, name, put)
	if err == nil {
		err = o.replace(ctx, name, put)
	} else {
		err = o.giveUp(ctx, name, put, err)
	}
	if isFull(err) {
		err = fullError("objects/"+o.name, o.stream.CachedInfo().Config.MaxBytes, err)
	}
	return storeError("write object", name, unavailable("bucket objects/"+o.name, err))
}

// replace writes the head in place of the one that is there. When somebody else
// has written it meanwhile, it begins again.
func (o *objects) replace(ctx context.Context, name string, put put) error {
	for {
		old, err := o.head(ctx, name)
		if err == nil {
			err = o.markPut(ctx, name, old.put, old.chunks)
		}
		if err != nil {
			return o.giveUp(ctx, name, put, err)
		}
		err = o.writeHead(ctx, name, old.revision, put)
		switch {
		case err == nil:
			return errors.Join(o.unmarkPut(ctx, name, put.id, len(put.chunks)), o.dropChunks(ctx, name, old.put, old.chunks))
		case isConflict(err): // and so old is not the head any more
			err = o.dropChunks(ctx, name, old.put, old.chunks)
		case !isRefused(err):
			return err // it may have been written
		}
		if err != nil {
			return o.giveUp(ctx, name, put, err)
		}
	}
}

// giveUp removes what a Put has written that has no head.
func (o *objects) giveUp(ctx context.Context, name string, put put, err error) error {
	return errors.Join(err, o.dropChunks(context.WithoutCancel(ctx), name, put.id, len(put.chunks)))
}

// writeHead replaces the head of the revision. An answer that was lost must not
// make a conflict of our own write.
func (o *objects) writeHead(ctx context.Context, name string, revision uint64, put put) error {
	msg := &nats.Msg{Subject: o.prefix + name, Data: put.head, Header: nats.Header{
		headPut: {put.id}, headChunks: {strconv.Itoa(len(put.chunks))},
	}}
	err := o.publish(ctx, msg, jetstream.WithExpectLastSequencePerSubject(revision))
	if !isConflict(err) {
		return err
	}
	if now, readErr := o.head(ctx, name); readErr != nil || now.put == put.id {
		return readErr
	}
	return err
}

// Get reads the head and then its chunks. They are gone when another Put has
// replaced the object meanwhile: then it reads that one.
func (o *objects) Get(ctx context.Context, name string) ([]byte, error) {
	if events.Key(name) != name {
		return nil, badName("object", name)
	}
	var last head
	for tries := 0; ; tries++ {
		h, err := o.head(ctx, name)
		switch {
		case err != nil:
			return nil, storeError("read object", name, err)
		case h.revision == 0:
			return nil, storeError("read object", name, events.ErrNotFound)
		case h.revision != last.revision:
			tries = 0
		case tries > maxAsks:
			return nil, fmt.Errorf("read object %s: %w: %w", name, errIncomplete, events.ErrNotFound)
		}
		data, err := o.read(ctx, name, h)
		if !errors.Is(err, errIncomplete) {
			return data, storeError("read object", name, err)
		}
		last = h
	}
}

// Delete removes the object that was there when it began.
func (o *objects) Delete(ctx context.Context, name string) error {
	if events.Key(name) != name {
		return badName("object", name)
	}
	old, err := o.head(ctx, name)
	if err != nil || old.revision == 0 {
		return storeError("delete object", name, err)
	}
	err = o.markPut(ctx, name, old.put, old.chunks)
	if err == nil {
		err = o.purge(ctx, o.prefix+name, jetstream.WithPurgeSequence(old.revision+1))
	}
	if err == nil {
		err = o.dropChunks(ctx, name, old.put, old.chunks)
	}
	return storeError("delete object", name, err)
}

func badName(what, name string) error {
	return events.Errorf(events.KindInvalid, "", "%s name %q must consist of letters, digits, '-' and '_'", what, name)
}
