package s3

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// remove removes what only the target has, where the document says so. It is
// called after a pass that listed both sides to their ends without an error.
func (r *run) remove(ctx context.Context, found *tally) (int64, error) {
	if !r.job.Store.S3.Delete || found.extra == 0 || found.failed > 0 || found.again > 0 {
		return 0, nil
	}
	if err := r.capped(found); err != nil {
		return 0, err
	}
	r.step("delete")
	var removed int64
	for _, rel := range found.extras {
		key := r.to.key(rel)
		if !strings.HasPrefix(key, r.to.prefix) {
			return removed, fmt.Errorf("removing %q: it is not below %q", key, r.to.prefix)
		}
		err := r.try(ctx, "removing "+r.to.name(rel), func(ctx context.Context) error {
			ctx, cancel := r.to.quick(ctx)
			defer cancel()
			_, err := r.to.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.to.bucket, Key: &key})
			return err
		}, r.to)
		if err != nil && !judgeIs(err, gone) {
			return removed, err
		}
		removed++
	}
	r.warn("%d objects that the source does not have were removed from s3://%s/%s", removed, r.to.bucket, r.to.prefix)
	return removed, nil
}

// sweep removes the uploads that an earlier start of this run left unfinished.
func (r *run) sweep(ctx context.Context) error {
	for id, key := range r.journal.open() {
		if err := r.abort(ctx, key, id); err != nil {
			return err
		}
	}
	for key, at := range r.journal.unanswered() {
		if err := r.sweepUnanswered(ctx, key, at); err != nil {
			return err
		}
	}
	return nil
}

// sweepUnanswered removes the upload whose ID a kill kept from the journal: the
// only one of that key that began after it was wanted.
func (r *run) sweepUnanswered(ctx context.Context, key string, at time.Time) error {
	var out *s3.ListMultipartUploadsOutput
	err := r.try(ctx, "looking for unfinished uploads of "+key, func(ctx context.Context) (err error) {
		ctx, cancel := r.to.quick(ctx)
		defer cancel()
		out, err = r.to.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &r.to.bucket, Prefix: &key})
		return err
	}, r.to)
	if err != nil {
		r.warn("an upload of %s may have been left unfinished, and could not be looked for: %v", key, err)
		return nil
	}
	const skew = time.Minute
	var ids []string
	for _, u := range out.Uploads {
		if aws.ToString(u.Key) == key && aws.ToTime(u.Initiated).After(at.Add(-skew)) {
			ids = append(ids, aws.ToString(u.UploadId))
		}
	}
	if len(ids) == 1 {
		return r.abort(ctx, key, ids[0])
	}
	if len(ids) > 1 {
		r.warn("%d unfinished uploads of %s are in the target and it cannot be told which was this run's; they stay", len(ids), key)
	}
	return nil
}
