package s3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/events"
)

// object is one object as a listing tells of it.
type object struct {
	// rel is the key below the prefix.
	rel      string
	size     int64
	etag     string // without quotes
	class    string
	modified time.Time
}

// errDisorder says that a listing is not in the order of the keys' bytes.
var errDisorder = errors.New("the listing is not in the order of keys")

// sortMost is how many bytes of a disorderly listing are sorted in memory, about
// sortEach of them for an object besides its texts.
const (
	sortMost = 10 << 20
	sortEach = 128
)

// page is some objects of a listing, or why there are no more.
type page struct {
	objects []object
	err     error
}

// stream is a listing that is read ahead by one page.
type stream struct {
	pages chan page
	stop  context.CancelFunc
	done  sync.WaitGroup

	now  []object
	last string
	any  bool
	// sorted is set where the order is known to be right.
	sorted bool
	side   string
}

// list begins a listing of all that lies below the end's prefix. Close it.
func (a *Adapter) list(ctx context.Context, e *end) *stream {
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{pages: make(chan page, 1), stop: cancel, side: e.side}
	s.done.Go(func() {
		defer close(s.pages)
		token := (*string)(nil)
		for more := true; more; {
			var p page
			p, token = a.page(ctx, e, token, 0)
			more = token != nil && p.err == nil
			select {
			case s.pages <- p:
			case <-ctx.Done():
				return
			}
		}
	})
	return s
}

// close ends the listing and waits for it.
func (s *stream) close() {
	s.stop()
	s.done.Wait()
}

// next is the next object, or nil at the end.
func (s *stream) next() (*object, error) {
	for len(s.now) == 0 {
		p, open := <-s.pages
		if !open {
			return nil, nil
		}
		if p.err != nil {
			return nil, p.err
		}
		s.now = p.objects
	}
	o := &s.now[0]
	s.now = s.now[1:]
	if s.any && !s.sorted && o.rel <= s.last {
		return nil, fmt.Errorf("%w: the %s has %q after %q", errDisorder, s.side, o.rel, s.last)
	}
	s.any, s.last = true, o.rel
	return o, nil
}

// page is one page of a listing and the token of the next, nil at the end.
func (a *Adapter) page(ctx context.Context, e *end, token *string, most int32) (page, *string) {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(e.bucket), Prefix: aws.String(e.prefix), EncodingType: types.EncodingTypeUrl, ContinuationToken: token,
	}
	if most > 0 {
		in.MaxKeys = aws.Int32(most)
	}
	var out *s3.ListObjectsV2Output
	err := a.try(ctx, fmt.Sprintf("listing %s s3://%s/%s", e.side, e.bucket, e.prefix), func(ctx context.Context) (err error) {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		out, err = e.client.ListObjectsV2(ctx, in)
		if err == nil && out.IsTruncated == nil && out.Name == nil {
			return errNoAnswer // an empty bucket answers more than nothing
		}
		return err
	}, e)
	if err != nil {
		return page{err: err}, nil
	}
	objects, err := e.objects(out)
	if err != nil || !aws.ToBool(out.IsTruncated) {
		return page{objects: objects, err: err}, nil
	}
	if next := aws.ToString(out.NextContinuationToken); next == "" || token != nil && next == *token {
		return page{err: events.Errorf(events.KindInternal, "", "listing %s s3://%s: the server says that there is more and not where", e.side, e.bucket)}, nil
	}
	return page{objects: objects}, out.NextContinuationToken
}

// objects are those of an answer.
func (e *end) objects(out *s3.ListObjectsV2Output) ([]object, error) {
	encoded := out.EncodingType == types.EncodingTypeUrl
	objects := make([]object, 0, len(out.Contents))
	for i := range out.Contents {
		c := &out.Contents[i]
		key, err := listedKey(aws.ToString(c.Key), encoded)
		if err != nil || !strings.HasPrefix(key, e.prefix) {
			return nil, events.Errorf(events.KindInternal, "", "listing %s s3://%s: the key %q cannot be read", e.side, e.bucket, aws.ToString(c.Key))
		}
		objects = append(objects, object{
			rel: key[len(e.prefix):], size: aws.ToInt64(c.Size), etag: strings.Trim(aws.ToString(c.ETag), `"`),
			class: string(c.StorageClass), modified: aws.ToTime(c.LastModified),
		})
	}
	return objects, nil
}

// sort reads a whole listing and gives it back in order, in memory. A listing that
// is too long for that is refused.
func (s *stream) sort() error {
	var all []object
	bytes := 0
	for p := range s.pages {
		if p.err != nil {
			return p.err
		}
		for i := range p.objects {
			bytes += sortEach + len(p.objects[i].rel) + len(p.objects[i].etag)
		}
		if all = append(all, p.objects...); bytes > sortMost {
			return events.Errorf(events.KindRefused, "copy it in several copies with a prefix each",
				"listing the %s: it is not in the order of keys and is too long to be sorted in memory, at %d objects", s.side, len(all))
		}
	}
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.rel, b.rel) })
	s.now, s.sorted = all, true
	return nil
}
