package s3

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Plan implements datamove.Adapter.
func (a *Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	return datamove.Plan{}, nil
}

// Fields implements datamove.Adapter.
func (a *Adapter) Fields(ctx context.Context, j datamove.Job, n int) ([]datamove.Field, error) {
	return nil, nil
}
