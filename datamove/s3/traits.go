package s3

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
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

// headed are the traits in the answer to a HEAD.
func headed(o *s3.HeadObjectOutput) traits {
	return traits{
		contentType: aws.ToString(o.ContentType), cacheControl: aws.ToString(o.CacheControl),
		disposition: aws.ToString(o.ContentDisposition), encoding: aws.ToString(o.ContentEncoding),
		language: aws.ToString(o.ContentLanguage), redirect: aws.ToString(o.WebsiteRedirectLocation),
		expires: aws.ToString(o.ExpiresString), metadata: o.Metadata, class: o.StorageClass,
		encryption: o.ServerSideEncryption, kmsKey: aws.ToString(o.SSEKMSKeyId), tagCount: aws.ToInt32(o.TagCount),
	}
}

// got are the traits in the answer to a GET.
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
	if c == types.StorageClassStandard || e.learned.noClass.Load() {
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

// redirectName is what differences call that which a copy inside the server loses.
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
