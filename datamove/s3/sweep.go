package s3

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// sweep removes the uploads that an earlier start of this run left unfinished.
func (r *run) sweep(ctx context.Context) error {
	for id, key := range r.journal.open() {
		if err := r.copier.abort(ctx, key, id); err != nil {
			return err
		}
	}
	return r.sweepUnanswered(ctx)
}

// sweepUnanswered removes the uploads that were begun and whose answers were lost.
func (r *run) sweepUnanswered(ctx context.Context) error {
	for key, w := range r.journal.unanswered() {
		if err := r.sweepKey(ctx, key, w); err != nil {
			return err
		}
	}
	return nil
}

// uploads lists the unfinished uploads of keys that begin so.
func (e *end) uploads(ctx context.Context, key string) (out *s3.ListMultipartUploadsOutput, err error) {
	err = e.try(ctx, "listing unfinished uploads of "+key, func(ctx context.Context) (err error) {
		ctx, cancel := e.quick(ctx)
		defer cancel()
		out, err = e.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
			Bucket: &e.bucket, Prefix: &key, EncodingType: types.EncodingTypeUrl,
		})
		return err
	})
	return out, err
}

// sweepKey removes the uploads of one key that began while this run asked for one,
// unless there are more than were asked for: then some are somebody else's.
func (r *run) sweepKey(ctx context.Context, key string, w request) error {
	out, err := r.to.uploads(ctx, key)
	if err != nil {
		r.notes.Warn("an upload of %q may have been left unfinished, and could not be listed: %v", key, err)
		return nil
	}
	ids := lost(decoded(out), key, w, r.to.timeout, r.journal.open())
	if len(ids) > w.count {
		r.notes.Warn("%d unfinished uploads of %q are in the target, more than this run asked for; they stay", len(ids), key)
		return nil
	}
	for _, id := range ids {
		if err := r.copier.abort(ctx, key, id); err != nil {
			return err
		}
	}
	return nil
}

// lost are the uploads of a key that began while this run asked for one and are not
// known. The server's clock may be off by skew.
func lost(all []types.MultipartUpload, key string, w request, timeout time.Duration, known map[string]string) []string {
	const skew = time.Minute
	first, last := w.since.Add(-skew), w.last.Add(timeout+skew)
	var ids []string
	for _, u := range all {
		id, at := aws.ToString(u.UploadId), aws.ToTime(u.Initiated)
		if _, ours := known[id]; !ours && aws.ToString(u.Key) == key && at.After(first) && at.Before(last) {
			ids = append(ids, id)
		}
	}
	return ids
}

// decoded are the uploads of an answer by their keys, without those that cannot be read.
func decoded(out *s3.ListMultipartUploadsOutput) []types.MultipartUpload {
	return slices.DeleteFunc(slices.Clone(out.Uploads), func(u types.MultipartUpload) bool {
		key, err := listedKey(aws.ToString(u.Key), out.EncodingType == types.EncodingTypeUrl)
		if u.Key != nil {
			*u.Key = key
		}
		return err != nil
	})
}
