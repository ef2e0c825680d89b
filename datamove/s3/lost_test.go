package s3

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestLost takes no upload for this run's that began when it asked for none, that is
// known, or that is of another key.
func TestLost(t *testing.T) {
	first := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := request{since: first, last: first.Add(10 * time.Second), count: 2}
	upload := func(key, id string, after time.Duration) types.MultipartUpload {
		return types.MultipartUpload{Key: aws.String(key), UploadId: aws.String(id), Initiated: aws.Time(first.Add(after))}
	}
	all := decoded(&s3.ListMultipartUploadsOutput{EncodingType: types.EncodingTypeUrl, Uploads: []types.MultipartUpload{
		upload("a+b", "ours", time.Second), upload("a+b", "known", time.Second), upload("a+b", "before", -time.Hour), upload("a+b", "afterwards", time.Hour),
		upload("a%2Bb", "other key", time.Second), upload("a+b2", "longer key", time.Second), upload("%zz", "unreadable", time.Second),
	}})
	got := lost(all, "a b", w, time.Minute, map[string]string{"known": "a b"})
	if !slices.Equal(got, []string{"ours"}) {
		t.Errorf("lost are %q", got)
	}
}
