//go:build real

package s3

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// rig is a server with two buckets and the test's own way to look at them.
type rig struct {
	*storetest.S3Server
	client *s3.Client
	// endpoint is where copies go, the server's own or a proxy's.
	endpoint string
}

func newRig(t testing.TB, server *storetest.S3Server) *rig {
	t.Helper()
	r := &rig{S3Server: server, endpoint: server.Endpoint}
	r.client = s3.New(s3.Options{
		BaseEndpoint: aws.String(server.Endpoint), Region: storetest.S3Region, UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
	for _, bucket := range []string{"src", "dst", "dst2"} {
		if _, err := r.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// access is a bucket and prefix as jobs name it.
func (r *rig) access(place string) datamove.Access {
	return datamove.Access{
		Endpoint: datamove.Endpoint{URL: fmt.Sprintf("s3://%s?endpoint=%s&region=%s", place, url.QueryEscape(r.endpoint), storetest.S3Region)},
		Secret:   r.Secret(),
	}
}

// job is a copy from src to dst.
func (r *rig) job(t testing.TB) datamove.Job {
	t.Helper()
	return datamove.Job{ID: "test", Store: datamove.Store{Name: "files"}, From: r.access("src"), To: r.access("dst"), StateDir: t.TempDir(), Now: time.Now}
}

// put puts an object.
func (r *rig) put(t testing.TB, bucket, key string, content []byte, change ...func(*s3.PutObjectInput)) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)}
	for _, c := range change {
		c(in)
	}
	if _, err := r.client.PutObject(t.Context(), in); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

// putParts puts an object into the source in parts of the given sizes.
func (r *rig) putParts(t testing.TB, key string, content []byte, sizes []int, change ...func(*s3.CreateMultipartUploadInput)) {
	t.Helper()
	bucket := "src"
	in := &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}
	for _, c := range change {
		c(in)
	}
	up, err := r.client.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var done []types.CompletedPart
	for i, n := range sizes {
		number := aws.Int32(int32(i + 1))
		out, err := r.client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: up.UploadId, PartNumber: number, Body: bytes.NewReader(content[:n]),
		})
		if err != nil {
			t.Fatal(err)
		}
		content = content[n:]
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: number})
	}
	_, err = r.client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fill puts many small objects into the source.
func (r *rig) fill(t testing.TB, n int, seed uint64) {
	t.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 16 {
		wg.Go(func() {
			for i := range next {
				key := fmt.Sprintf("mail/%02d/%06d.eml", i%17, i)
				r.put(t, "src", key, mail(seed, i))
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// mail is a message of 1 to 30 KB.
func mail(seed uint64, i int) []byte {
	rnd := rand.New(rand.NewPCG(seed, uint64(i)))
	content := make([]byte, 1000+rnd.IntN(29000))
	for j := range content {
		content[j] = byte(' ' + rnd.IntN(90))
	}
	return content
}

// seen is an object as the test sees it, read whole.
type seen struct {
	Body, Type, Meta, Tags string
}

// look reads a whole bucket, independently of the code under test.
func (r *rig) look(t testing.TB, bucket string) map[string]seen {
	t.Helper()
	all := map[string]seen{}
	pages := s3.NewListObjectsV2Paginator(r.client, &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: types.EncodingTypeUrl})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.Contents {
			key := *o.Key
			if p.EncodingType == types.EncodingTypeUrl {
				if key, err = url.QueryUnescape(key); err != nil {
					t.Fatal(err)
				}
			}
			all[key] = r.see(t, bucket, key)
		}
	}
	return all
}

// sortedMeta is the metadata as a text.
func sortedMeta(metadata map[string]string) string {
	var meta []string
	for k, v := range metadata {
		meta = append(meta, k+"="+v)
	}
	slices.Sort(meta)
	return strings.Join(meta, ",")
}

func (r *rig) see(t testing.TB, bucket, key string) seen {
	t.Helper()
	out, err := r.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	defer out.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(out.Body); err != nil {
		t.Fatal(err)
	}
	tags, err := r.client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join([]string{
		aws.ToString(out.ContentType), aws.ToString(out.CacheControl), aws.ToString(out.ContentDisposition),
		aws.ToString(out.ContentEncoding), aws.ToString(out.ContentLanguage), aws.ToString(out.ExpiresString), aws.ToString(out.ETag), string(out.StorageClass),
	}, "|")
	return seen{Body: hashOf(body.Bytes()), Type: text, Meta: sortedMeta(out.Metadata), Tags: sortedTags(tags.TagSet)}
}

// copied copies and wants it equal.
func copied(t testing.TB, a *Adapter, j datamove.Job) datamove.Part {
	t.Helper()
	p, err := a.Copy(context.WithoutCancel(t.Context()), j, nil)
	if err != nil {
		t.Fatalf("copy: %v\n%+v", err, p.Differences)
	}
	if p.Verdict != datamove.Equal {
		t.Fatalf("verdict %s: %s\n%+v", p.Verdict, p.Reason, p.Differences)
	}
	return p
}
