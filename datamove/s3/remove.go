package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/shakedown-dev/shakedown/events"
)

// remove removes what only the target has, where the document says so. It is
// called after a pass that listed both sides to their ends without an error.
func (r *run) remove(ctx context.Context, found *tally) (int64, error) {
	if !r.job.Store.S3.Delete || found.extra == 0 || found.failed > 0 || found.again > 0 {
		return 0, nil
	}
	if err := r.checkDeletes(found); err != nil {
		return 0, err
	}
	r.step("delete")
	var removed int64
	for _, rel := range found.extras {
		key := r.to.key(rel)
		if !strings.HasPrefix(key, r.to.prefix) {
			return removed, fmt.Errorf("removing %q: it is not below %q", key, r.to.prefix)
		}
		err := r.to.try(ctx, "removing "+r.to.name(rel), func(ctx context.Context) error {
			ctx, cancel := r.to.quick(ctx)
			defer cancel()
			_, err := r.to.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.to.bucket, Key: &key})
			return err
		})
		if err != nil && !is(err, gone) {
			return removed, err
		}
		removed++
		r.removed++
	}
	r.notes.Warn("%d objects that the source does not have were removed from s3://%s/%s", removed, r.to.bucket, r.to.prefix)
	return removed, nil
}

// checkDeletes refuses to remove more than is allowed.
func (r *run) checkDeletes(found *tally) error {
	most := r.maxDelete()
	if r.job.Store.S3.Delete && r.removed+found.extra > int64(most) {
		return events.Errorf(events.KindRefused, "see what is there, or raise s3.maxDelete",
			"%d objects below s3://%s/%s are not in the source, and at most %d may be removed; %d were",
			found.extra, r.to.bucket, r.to.prefix, most, r.removed)
	}
	return nil
}

func (r *run) maxDelete() int {
	if most := r.job.Store.S3.MaxDelete; most > 0 {
		return most
	}
	return maxDelete
}
