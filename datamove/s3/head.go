package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// head asks for the traits of one object, with its tags where they are wanted.
func (e *end) head(ctx context.Context, rel, etag string, tags bool) (*s3.HeadObjectOutput, traits, error) {
	in := &s3.HeadObjectInput{Bucket: &e.bucket, Key: aws.String(e.key(rel)), ChecksumMode: types.ChecksumModeEnabled, IfMatch: quoted(etag)}
	var out *s3.HeadObjectOutput
	err := e.try(ctx, "asking for "+e.name(rel), func(ctx context.Context) (err error) {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		out, err = e.client.HeadObject(ctx, in)
		return err
	})
	if err != nil {
		return nil, traits{}, err
	}
	if etag != "" && out.ETag != nil && unquote(out.ETag) != etag {
		return nil, traits{}, fmt.Errorf("asking for %s: %w", e.name(rel), errChanged())
	}
	t := headed(out)
	if tags {
		err = e.withTags(ctx, rel, &t)
	}
	return out, t, err
}

// withTags asks for the tags, unless the server is known to count them and said
// that there are none.
func (e *end) withTags(ctx context.Context, rel string, t *traits) error {
	return e.try(ctx, "reading the tags of "+e.name(rel), func(ctx context.Context) error { return e.askTags(ctx, rel, t) })
}

// askTags is withTags for those who hold a slot already.
func (e *end) askTags(ctx context.Context, rel string, t *traits) error {
	if t.tagCount == 0 && e.learned.countsTags.Load() {
		return nil
	}
	ctx, cancel := e.quick(ctx)
	defer cancel()
	out, err := e.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &e.bucket, Key: aws.String(e.key(rel))})
	if is(err, unknown) {
		return nil // a server without tags
	}
	if err != nil {
		return fmt.Errorf("reading the tags: %w", err)
	}
	if out.TagSet == nil {
		return fmt.Errorf("reading the tags: %w", errNoAnswer)
	}
	t.tags = out.TagSet
	if e.endpoint == "" || len(t.tags) > 0 && int(t.tagCount) == len(t.tags) {
		e.learned.countsTags.Store(true) // AWS counts for those who may read them, as it was just now
	}
	return nil
}

// unquote is an ETag as listings have it here.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// quoted is an ETag as headers have it, nil for none.
func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}
