package s3

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// traits are what goes with the content of an object.
type traits struct {
	contentType, cacheControl, disposition, encoding, language, redirect string
	expires                                                              *time.Time
	metadata                                                             map[string]string
	class                                                                types.StorageClass
	encryption                                                           types.ServerSideEncryption
	kmsKey                                                               string
	tagCount                                                             int32
	tags                                                                 []types.Tag
}

// headed are the traits that a HEAD tells.
func headed(o *s3.HeadObjectOutput) traits {
	return traits{
		contentType: aws.ToString(o.ContentType), cacheControl: aws.ToString(o.CacheControl),
		disposition: aws.ToString(o.ContentDisposition), encoding: aws.ToString(o.ContentEncoding),
		language: aws.ToString(o.ContentLanguage), redirect: aws.ToString(o.WebsiteRedirectLocation),
		expires: expiry(o.ExpiresString), metadata: o.Metadata, class: o.StorageClass,
		encryption: o.ServerSideEncryption, kmsKey: aws.ToString(o.SSEKMSKeyId), tagCount: aws.ToInt32(o.TagCount),
	}
}

// got are the traits that a GET tells.
func got(o *s3.GetObjectOutput) traits {
	return traits{
		contentType: aws.ToString(o.ContentType), cacheControl: aws.ToString(o.CacheControl),
		disposition: aws.ToString(o.ContentDisposition), encoding: aws.ToString(o.ContentEncoding),
		language: aws.ToString(o.ContentLanguage), redirect: aws.ToString(o.WebsiteRedirectLocation),
		expires: expiry(o.ExpiresString), metadata: o.Metadata, class: o.StorageClass,
		encryption: o.ServerSideEncryption, kmsKey: aws.ToString(o.SSEKMSKeyId), tagCount: aws.ToInt32(o.TagCount),
	}
}

func expiry(text *string) *time.Time {
	if at, err := time.Parse(time.RFC1123, aws.ToString(text)); err == nil {
		return &at
	}
	return nil
}

// optional is a pointer to the text, nil for none.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// newClass is the storage class to ask for: none for the standard one.
func (e *end) newClass(c types.StorageClass) types.StorageClass {
	if c == types.StorageClassStandard || e.noClass.Load() {
		return ""
	}
	return c
}

// encrypted are the wish for encryption and its key. The key is wished for only
// where it is known: on the source's own server.
func (t traits) encrypted(sameServer bool) (types.ServerSideEncryption, *string) {
	if !sameServer {
		return t.encryption, nil
	}
	return t.encryption, optional(t.kmsKey)
}

// tagging is the value of x-amz-tagging.
func (t traits) tagging() *string {
	values := url.Values{}
	for _, tag := range t.tags {
		values.Set(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return optional(values.Encode())
}

// withTags asks for the tags, unless the server is known to count them and said
// that there are none.
func (a *Adapter) withTags(ctx context.Context, e *end, rel string, t *traits) error {
	return a.try(ctx, "reading the tags of "+e.name(rel), func(ctx context.Context) error {
		return e.askTags(ctx, rel, t)
	}, e)
}

// askTags is withTags for those who hold a slot already.
func (e *end) askTags(ctx context.Context, rel string, t *traits) error {
	if t.tagCount == 0 && e.tellsTags.Load() {
		return nil
	}
	ctx, cancel := e.quick(ctx)
	defer cancel()
	out, err := e.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &e.bucket, Key: aws.String(e.key(rel))})
	if judgeIs(err, unknown) {
		return nil // a server without tags
	}
	if err != nil {
		return fmt.Errorf("reading the tags: %w", err)
	}
	t.tags = out.TagSet
	if len(t.tags) > 0 && int(t.tagCount) == len(t.tags) {
		e.tellsTags.Store(true)
	}
	return nil
}

// judgeIs says whether there is an error and what it means.
func judgeIs(err error, f fault) bool { return err != nil && judge(err) == f }

// head asks for the traits of one object.
func (a *Adapter) head(ctx context.Context, e *end, rel, etag string, tags bool) (*s3.HeadObjectOutput, traits, error) {
	in := &s3.HeadObjectInput{Bucket: &e.bucket, Key: aws.String(e.key(rel)), ChecksumMode: types.ChecksumModeEnabled, IfMatch: quoted(etag)}
	var out *s3.HeadObjectOutput
	err := a.try(ctx, "looking at "+e.name(rel), func(ctx context.Context) (err error) {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		out, err = e.client.HeadObject(ctx, in)
		return err
	}, e)
	if err != nil {
		return nil, traits{}, err
	}
	t := headed(out)
	if tags {
		err = a.withTags(ctx, e, rel, &t)
	}
	return out, t, err
}

// quoted is an ETag as headers have it, nil for none.
func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

// differences names what is not the same, and never a value.
func (t traits) differences(other traits) []string {
	var names []string
	for _, pair := range []struct{ name, a, b string }{
		{"content type", t.contentType, other.contentType},
		{"cache control", t.cacheControl, other.cacheControl},
		{"content disposition", t.disposition, other.disposition},
		{"content encoding", t.encoding, other.encoding},
		{"content language", t.language, other.language},
		{"website redirect", t.redirect, other.redirect},
		{"tags", sortedTags(t.tags), sortedTags(other.tags)},
	} {
		if pair.a != pair.b {
			names = append(names, pair.name)
		}
	}
	if (t.expires == nil) != (other.expires == nil) || t.expires != nil && !t.expires.Equal(*other.expires) {
		names = append(names, "expires")
	}
	if !maps.Equal(t.metadata, other.metadata) {
		names = append(names, "user metadata")
	}
	return names
}

func sortedTags(tags []types.Tag) string {
	var lines []string
	for _, t := range tags {
		lines = append(lines, url.QueryEscape(aws.ToString(t.Key))+"="+url.QueryEscape(aws.ToString(t.Value)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "&")
}
