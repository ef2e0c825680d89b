package s3

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/events"
)

// object is one object as a listing has it.
type object struct {
	// rel is the key below the prefix.
	rel      string
	size     int64
	etag     string // without quotes
	class    string
	modified time.Time
}

// page is some objects of a listing, or why there are no more.
type page struct {
	objects []object
	err     error
}

// sendPages reads a listing to its end, to an error or until ctx ends.
func (e *end) sendPages(ctx context.Context, pages chan<- page) {
	var token *string
	for more := true; more; {
		var p page
		p, token = e.page(ctx, token, 0)
		more = token != nil && p.err == nil
		select {
		case pages <- p:
		case <-ctx.Done():
			return
		}
	}
}

// page is one page of a listing and the token of the next, nil at the end.
func (e *end) page(ctx context.Context, token *string, most int32) (page, *string) {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(e.bucket), Prefix: aws.String(e.prefix), EncodingType: types.EncodingTypeUrl, ContinuationToken: token,
	}
	if most > 0 {
		in.MaxKeys = aws.Int32(most)
	}
	var out *s3.ListObjectsV2Output
	err := e.try(ctx, "listing "+e.name(""), func(ctx context.Context) (err error) {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		out, err = e.client.ListObjectsV2(ctx, in)
		if err == nil && out.IsTruncated == nil && out.Name == nil {
			return errNoAnswer // an empty bucket answers more than nothing
		}
		return err
	})
	if err != nil {
		return page{err: err}, nil
	}
	objects, err := e.objects(out)
	if err != nil || !aws.ToBool(out.IsTruncated) {
		return page{objects: objects, err: err}, nil
	}
	if next := aws.ToString(out.NextContinuationToken); next == "" || token != nil && next == *token {
		return page{err: events.Errorf(events.KindInternal, "", "listing %s: the server says that there is more and not where", e)}, nil
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
			return nil, events.Errorf(events.KindInternal, "", "listing %s: the key %q cannot be read", e, aws.ToString(c.Key))
		}
		objects = append(objects, object{
			rel: key[len(e.prefix):], size: aws.ToInt64(c.Size), etag: strings.Trim(aws.ToString(c.ETag), `"`),
			class: string(c.StorageClass), modified: aws.ToTime(c.LastModified),
		})
	}
	return objects, nil
}
