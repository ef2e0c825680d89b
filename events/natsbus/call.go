package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	// headTimeout is how long the asker waits, for the responder.
	headTimeout = "Shakedown-Timeout"
	// callGroup is the queue in which all responders of a call share the work.
	callGroup = "shakedown"
	// maxAnswers bounds how many questions of one type are answered at once.
	maxAnswers = 64
	// serviceVersion is the version of the calls, not of the program.
	serviceVersion = "1.0.0"
)

// Call asks one responder. Without a deadline in ctx it waits CallTimeout.
func (b *Bus) Call(ctx context.Context, question events.Envelope) (events.Envelope, error) {
	raw, err := question.Encode()
	if err != nil {
		return events.Envelope{}, events.Errorf(events.KindInvalid, "", "%w", err)
	}
	outer := ctx
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, b.config.CallTimeout)
		defer cancel()
	}
	msg := &nats.Msg{Subject: callSubject(question.Type), Header: nats.Header{}, Data: raw}
	deadline, _ := ctx.Deadline()
	msg.Header.Set(headTimeout, time.Until(deadline).String())
	ctx, end := b.denials.during(ctx, msg.Subject)
	defer end()
	reply, err := b.nc.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return events.Envelope{}, callError(outer, question.Type, explained(ctx, err))
	}
	return readAnswer(reply)
}

func callError(ctx context.Context, callType string, err error) error {
	name := strings.TrimPrefix(callType, events.Prefix)
	denied, known := errors.AsType[*events.Error](err)
	switch {
	case known:
		return denied
	case errors.Is(err, nats.ErrNoResponders):
		return events.Errorf(events.KindUnavailable, "start a server with: shakedown up", "%w %s: %w", events.ErrUnanswered, name, err)
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("call %s: %w", name, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return events.Errorf(events.KindUnavailable, "the server is busy or its connection is slow; try again",
			"no answer to %s in time: %w", name, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return events.Errorf(events.KindInvalid, "", "call %s: %w", name, err)
	}
	return events.Errorf(events.KindUnavailable, "start a server with: shakedown up", "call %s: %w", name, err)
}

func readAnswer(reply *nats.Msg) (events.Envelope, error) {
	if kind := reply.Header.Get(micro.ErrorCodeHeader); kind != "" {
		answer := new(events.Error)
		if err := json.Unmarshal(reply.Data, answer); err != nil || answer.Message == "" {
			answer = &events.Error{Kind: events.KindInternal, Message: reply.Header.Get(micro.ErrorHeader)}
		}
		return events.Envelope{}, answer
	}
	e, err := events.Decode(reply.Data)
	if err != nil {
		return events.Envelope{}, events.Errorf(events.KindInternal, "", "read answer: %w", err)
	}
	return e, nil
}

// Respond answers calls until ctx ends. All responders of a type share the calls,
// in whichever process they are.
func (b *Bus) Respond(
	ctx context.Context, callType string, answer func(context.Context, events.Envelope) (events.Envelope, error),
) (events.Subscribed, error) {
	if !strings.HasPrefix(callType, events.Prefix+"v1.") {
		return nil, events.Errorf(events.KindInvalid, "", "answer %q: a type begins with %sv1.", callType, events.Prefix)
	}
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	r := &responder{bus: b, answer: answer, slots: make(chan struct{}, maxAnswers)}
	service, err := micro.AddService(b.nc, micro.Config{
		Name: events.Key(strings.TrimPrefix(callType, events.Prefix)), Version: serviceVersion, QueueGroup: callGroup,
		Description: "Answers " + callType,
		Endpoint:    &micro.EndpointConfig{Subject: callSubject(callType), Handler: micro.HandlerFunc(func(q micro.Request) { r.take(ctx, q) })},
	})
	if err == nil {
		err = b.nc.FlushTimeout(connectTimeout) // the server knows the subscription now
	}
	if err != nil {
		end()
		return nil, events.Errorf(events.KindUnavailable, "", "answer %s: %w", callType, err)
	}
	done := make(chan struct{})
	b.work.Go(func() {
		<-ctx.Done()
		r.stop(service)
		end()
		close(done)
	})
	return subscribed(done), nil
}

type responder struct {
	bus    *Bus
	answer func(context.Context, events.Envelope) (events.Envelope, error)
	slots  chan struct{}

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// take answers one question in its own goroutine, so that a slow answer does not
// hold up the next one.
func (r *responder) take(ctx context.Context, q micro.Request) {
	if !r.enter(ctx) {
		r.refuse(q, &events.Error{Kind: events.KindUnavailable, Message: "the server is stopping", Advice: "try again"})
		return
	}
	go func() {
		defer r.running.Done()
		defer func() { <-r.slots }()
		r.reply(ctx, q)
	}()
}

func (r *responder) enter(ctx context.Context) bool {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		<-r.slots
		return false
	}
	r.running.Add(1)
	return true
}

func (r *responder) stop(service micro.Service) {
	if err := service.Stop(); err != nil {
		r.bus.config.Log.Debug("stop answering", "error", err)
	}
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.running.Wait()
}

func (r *responder) reply(ctx context.Context, q micro.Request) {
	if limit, err := time.ParseDuration(q.Headers().Get(headTimeout)); err == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var raw []byte
	err := guarded(func() error {
		question, err := events.Decode(q.Data())
		if err != nil {
			return events.Errorf(events.KindInvalid, "", "%w", err)
		}
		answer, err := r.answer(ctx, question)
		if err != nil {
			return err
		}
		raw, err = answer.Encode()
		return err
	})
	if err != nil {
		r.refuse(q, err)
		return
	}
	if err := r.send(q, nil, raw); err != nil {
		r.refuse(q, fmt.Errorf("send answer: %w", err))
	}
}

// send answers as q.Respond and q.Error do. Those note the error in q, which the
// service reads when take has returned: only the goroutine of take may call them.
func (r *responder) send(q micro.Request, header nats.Header, raw []byte) error {
	return r.bus.nc.PublishMsg(&nats.Msg{Subject: q.Reply(), Header: header, Data: raw})
}

// refuse sends the error, as far as it is meant for the asker.
func (r *responder) refuse(q micro.Request, err error) {
	answer, ok := errors.AsType[*events.Error](err)
	if !ok {
		answer = &events.Error{Kind: events.KindInternal, Message: err.Error()}
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		r.bus.config.Log.Error("encode error", "error", err)
	}
	line, _, _ := strings.Cut(answer.Message, "\n")
	header := nats.Header{micro.ErrorCodeHeader: []string{string(answer.Kind)}, micro.ErrorHeader: []string{line}}
	if err := r.send(q, header, raw); err != nil {
		r.bus.config.Log.Warn("send error to asker", "error", err)
	}
}
