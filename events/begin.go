package events

import "context"

// Begin puts a subscription or an answer in place. What a service takes and answers is a
// list of them.
type Begin func(context.Context) (Subscribed, error)

// Begin is SubscribeWith for BeginAll.
func (t Topic[T]) Begin(b Bus, s Subscription, handle func(context.Context, Meta, T) error) Begin {
	return func(ctx context.Context) (Subscribed, error) { return t.SubscribeWith(ctx, b, s, handle) }
}

// Begin is Answer for BeginAll.
func (c Call[Req, Resp]) Begin(at Caller, stamp Stamp, answer func(context.Context, Req) (Resp, error)) Begin {
	return func(ctx context.Context) (Subscribed, error) { return c.Answer(ctx, at, stamp, answer) }
}

// BeginAll puts all in place, one after the other, until one fails. What it returns is
// never nil and waits for those that are in place, also after an error.
func BeginAll(ctx context.Context, all []Begin) (Subscribed, error) {
	var placed begun
	for _, begin := range all {
		one, err := begin(ctx)
		if err != nil {
			return placed, err
		}
		placed = append(placed, one)
	}
	return placed, nil
}

type begun []Subscribed

func (b begun) Wait() {
	for _, one := range b {
		one.Wait()
	}
}
