package events

import "context"

type fenceKey struct{}

// WithFence returns a context whose holder may act on the outside world only as
// long as check returns nil. The holder of a lease puts its own right in, and
// whoever performs the effect asks for it by CheckFence.
func WithFence(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, fenceKey{}, check)
}

// CheckFence says whether an effect on the outside world may be performed now.
// An adapter calls it right before each call that kills, deletes, applies or
// changes something: a context that has ended is noticed only when its timer
// runs, which in a process that was stopped for a while is too late. It returns
// the context's error when that has ended, and nil when there is no fence.
func CheckFence(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if check, ok := ctx.Value(fenceKey{}).(func() error); ok {
		return check()
	}
	return nil
}
