package observe

import (
	"context"
	"net/http"
)

// Header carries the request id from service to service and back.
const Header = "X-Request-Id"

const maxID = 64

type idKey struct{}

// WithRequestID returns a context that carries id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey{}, id)
}

// RequestID is the id that ctx carries, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// requestID takes the caller's id when it is a sane one, else makes one.
func (o *Observer) requestID(r *http.Request) string {
	if id := r.Header.Get(Header); saneID(id) {
		return id
	}
	return o.newID()
}

func saneID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
