package events

import (
	"context"
	"encoding/json"
	"fmt"
)

// Call is a question with the types of its request and its answer. Its owner
// answers it; anyone may ask.
type Call[Req, Resp any] struct{ name string }

func ask[Req, Resp any](name string) Call[Req, Resp] { return Call[Req, Resp]{name: name} }

// Type is the CloudEvents type of the question.
func (c Call[Req, Resp]) Type() string { return Prefix + c.name }

// Ask sends the request and waits for the answer. Errors: *Error, see Caller.
func (c Call[Req, Resp]) Ask(ctx context.Context, to Caller, m Meta, req Req) (Resp, error) {
	var resp Resp
	raw, err := json.Marshal(req)
	if err != nil {
		return resp, fmt.Errorf("encode call %s: %w", c.name, err)
	}
	answer, err := to.Call(ctx, c.envelope(m, raw))
	if err != nil {
		return resp, err
	}
	if err := json.Unmarshal(answer.Data, &resp); err != nil {
		return resp, fmt.Errorf("decode answer of %s: %w", c.name, err)
	}
	return resp, nil
}

// Answer serves the call until ctx ends. The answer's errors reach the asker as
// *Error; other errors become KindInternal.
func (c Call[Req, Resp]) Answer(
	ctx context.Context, at Caller, stamp Stamp, answer func(context.Context, Req) (Resp, error),
) (Subscribed, error) {
	return at.Respond(ctx, c.Type(), func(ctx context.Context, e Envelope) (Envelope, error) {
		var req Req
		if err := json.Unmarshal(e.Data, &req); err != nil {
			return Envelope{}, &Error{Kind: KindInvalid, Message: fmt.Sprintf("decode call %s: %v", c.name, err)}
		}
		resp, err := answer(ctx, req)
		if err != nil {
			return Envelope{}, err
		}
		raw, err := json.Marshal(resp)
		if err != nil {
			return Envelope{}, fmt.Errorf("encode answer of %s: %w", c.name, err)
		}
		return c.envelope(stamp.After(e.meta(), "answer"), raw), nil
	})
}

func (c Call[Req, Resp]) envelope(m Meta, raw []byte) Envelope {
	return Envelope{
		SpecVersion: SpecVersion, ID: m.ID, Source: m.Source, Type: c.Type(), Time: m.Time.UTC(),
		DataContentType: "application/json", CorrelationID: m.Correlation, CausationID: m.Causation, Data: raw,
	}
}
