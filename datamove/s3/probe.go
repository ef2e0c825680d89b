package s3

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/shakedown-dev/shakedown/datamove"
)

// probeUpload is an upload that does not exist: what is asked of it is refused for want
// of a right, or for want of the upload.
const probeUpload = "shakedown-preflight"

// right is one request that shows whether an action is allowed and changes nothing.
type right struct {
	action string
	end    *end
	ask    func(ctx context.Context) error
}

// probe asks for each right that the copy needs.
func (r *run) probe(ctx context.Context) ([]datamove.Finding, error) {
	rights := r.targetRights()
	first, _ := r.from.page(ctx, nil, 1)
	if is(first.err, denied) {
		return []datamove.Finding{missingRight(r.from, "s3:ListBucket")}, nil
	}
	if first.err != nil {
		return nil, first.err
	}
	if len(first.objects) > 0 {
		rights = append(r.sourceRights(first.objects[0].rel), rights...)
	}
	var found []datamove.Finding
	for _, right := range rights {
		err := right.end.try(ctx, "asking for "+right.action, func(ctx context.Context) error {
			ctx, cancel := right.end.quick(ctx)
			defer cancel()
			err := right.ask(ctx)
			if is(err, denied) || is(err, throttled) {
				return err
			}
			return nil // refused for another reason than a right, as it must be
		})
		if is(err, denied) {
			found = append(found, missingRight(right.end, right.action))
		} else if err != nil {
			return found, err
		}
	}
	return found, nil
}

func missingRight(e *end, action string) datamove.Finding {
	return datamove.Finding{
		Severity: datamove.Refusal, Check: "rights", Hint: statement(e, action),
		Message: fmt.Sprintf("the key pair of the %s s3://%s/%s may not %s", e.side, e.bucket, e.prefix, action),
	}
}

// sourceRights are asked of an object that is there.
func (r *run) sourceRights(rel string) []right {
	e, key := r.from, aws.String(r.from.key(rel))
	return []right{
		{"s3:GetObject", e, func(ctx context.Context) error {
			_, err := e.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &e.bucket, Key: key})
			return err
		}},
		{"s3:GetObjectTagging", e, func(ctx context.Context) error {
			_, err := e.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &e.bucket, Key: key})
			return err
		}},
	}
}

// targetRights are asked of an upload and an object that are not there.
func (r *run) targetRights() []right {
	e, key, id := r.to, aws.String(r.to.key("."+probeUpload+"-"+r.job.ID)), aws.String(probeUpload)
	return []right{
		{"s3:PutObject", e, func(ctx context.Context) error {
			_, err := e.client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: &e.bucket, Key: key, UploadId: id, PartNumber: aws.Int32(1), Body: bytes.NewReader(nil),
			})
			return err
		}},
		{"s3:AbortMultipartUpload", e, func(ctx context.Context) error {
			_, err := e.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &e.bucket, Key: key, UploadId: id})
			return err
		}},
		{"s3:PutObjectTagging", e, func(ctx context.Context) error {
			_, err := e.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: &e.bucket, Key: key, Tagging: &types.Tagging{TagSet: []types.Tag{}}})
			return err
		}},
	}
}
