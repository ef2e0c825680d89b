package mysql

import (
	"context"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Adapter copies MySQL and MariaDB.
type Adapter struct {
	// chunk is how many bytes of rows make a chunk.
	chunk int64
	// hexed writes to every target as to a MySQL.
	hexed bool
}

var _ datamove.Adapter = (*Adapter)(nil)

// New is an adapter.
func New() *Adapter { return &Adapter{chunk: chunkSize} }

// Copy copies and compares; see datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	r, err := open(ctx, j, p)
	if err != nil {
		return failed(j, err)
	}
	defer r.close()
	for _, s := range r.states {
		s.plan.hexed = s.plan.hexed || a.hexed
	}
	return r.finish(r.copy(ctx, a.chunk))
}

// Verify compares without copying; see datamove.Adapter.
func (*Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	r, err := open(ctx, j, p)
	if err != nil {
		return failed(j, err)
	}
	defer r.close()
	return r.finish(r.verify(ctx))
}
