package s3

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// traits are what goes with the content of an object.
type traits struct {
	contentType, cacheControl, disposition, encoding, language, redirect string
	expires                                                              string
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
		expires: aws.ToString(o.ExpiresString), metadata: o.Metadata, class: o.StorageClass,
		encryption: o.ServerSideEncryption, kmsKey: aws.ToString(o.SSEKMSKeyId), tagCount: aws.ToInt32(o.TagCount),
	}
}

// got are the traits that a GET tells.
func got(o *s3.GetObjectOutput) traits {
	return traits{
		contentType: aws.ToString(o.ContentType), cacheControl: aws.ToString(o.CacheControl),
		disposition: aws.ToString(o.ContentDisposition), encoding: aws.ToString(o.ContentEncoding),
		language: aws.ToString(o.ContentLanguage), redirect: aws.ToString(o.WebsiteRedirectLocation),
		expires: aws.ToString(o.ExpiresString), metadata: o.Metadata, class: o.StorageClass,
		encryption: o.ServerSideEncryption, kmsKey: aws.ToString(o.SSEKMSKeyId), tagCount: aws.ToInt32(o.TagCount),
	}
}

// withExpires sends the header as it was: it need not be a time.
func (t traits) withExpires(o *s3.Options) {
	if t.expires != "" {
		o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("Expires", t.expires))
	}
}

// sameExpiry says whether two headers mean the same time, or are the same.
func sameExpiry(a, b string) bool {
	if a == b {
		return true
	}
	x, first := http.ParseTime(a)
	y, second := http.ParseTime(b)
	return first == nil && second == nil && x.Equal(y)
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
	if out.TagSet == nil {
		return fmt.Errorf("reading the tags: %w", errNoAnswer)
	}
	t.tags = out.TagSet
	if e.endpoint == "" || len(t.tags) > 0 && int(t.tagCount) == len(t.tags) {
		e.tellsTags.Store(true) // AWS counts for those who may read them, as it was just now
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
	if etag != "" && out.ETag != nil && unquote(out.ETag) != etag {
		return nil, traits{}, fmt.Errorf("looking at %s: %w", e.name(rel), errOther())
	}
	t := headed(out)
	if tags {
		err = a.withTags(ctx, e, rel, &t)
	}
	return out, t, err
}

// errOther says what a server does not that ignores the ETag that it was asked for.
func errOther() error {
	return &smithy.GenericAPIError{Code: "PreconditionFailed", Message: "the object is another than was listed"}
}

// quoted is an ETag as headers have it, nil for none.
func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

// redirectName is how differences call what a copy inside the server loses.
const redirectName = "website redirect"

// keyed says whether the content is encrypted with a key of KMS, so that its ETag is
// not its MD5.
func (t traits) keyed() bool { return keyed(t.encryption) }

func keyed(e types.ServerSideEncryption) bool {
	return e != "" && e != types.ServerSideEncryptionAes256
}

// differences names what is not the same, and never a value.
func (t traits) differences(other traits) []string {
	var names []string
	for _, pair := range []struct{ name, a, b string }{
		{"cache control", t.cacheControl, other.cacheControl},
		{"content disposition", t.disposition, other.disposition},
		{"content encoding", t.encoding, other.encoding},
		{"content language", t.language, other.language},
		{redirectName, t.redirect, other.redirect},
		{"tags", sortedTags(t.tags), sortedTags(other.tags)},
	} {
		if pair.a != pair.b {
			names = append(names, pair.name)
		}
	}
	if !sameType(t.contentType, other.contentType) {
		names = append(names, "content type")
	}
	if !sameExpiry(t.expires, other.expires) {
		names = append(names, "expires")
	}
	if !maps.Equal(t.metadata, other.metadata) {
		names = append(names, "user metadata")
	}
	return names
}

// sameType says whether two content types are the same. Servers give objects without
// one their own.
func sameType(a, b string) bool {
	plain := func(text string) bool {
		return text == "" || text == "application/octet-stream" || text == "binary/octet-stream"
	}
	return a == b || (a == "" || b == "") && plain(a) && plain(b)
}

func sortedTags(tags []types.Tag) string {
	var lines []string
	for _, t := range tags {
		lines = append(lines, url.QueryEscape(aws.ToString(t.Key))+"="+url.QueryEscape(aws.ToString(t.Value)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "&")
}
