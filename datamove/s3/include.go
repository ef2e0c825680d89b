package s3

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove"
)

// unfitted refuses includes that fit no object of the source. It lists as much of it as
// needed, and at most so many objects where most is not 0: what it has not seen it does
// not refuse.
func (r *run) unfitted(ctx context.Context, most int) ([]datamove.Finding, error) {
	open := r.filter.Unfitted()
	var token *string
	for seen, more := 0, true; more && !open.None(); more = token != nil {
		var p page
		if p, token = r.from.page(ctx, token, 0); p.err != nil {
			return nil, p.err
		}
		for _, o := range p.objects {
			open.See(r.from.key(o.rel), o.rel)
		}
		if seen += len(p.objects); most > 0 && seen >= most && token != nil {
			return nil, nil
		}
	}
	return open.Findings("the key of an object, with or without the prefix"), nil
}
