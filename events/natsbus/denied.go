package natsbus

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
)

// denials knows who waits for the answer to something that the server may refuse to take
// from our user. It says so beside the answer, which then never comes.
type denials struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]waiter
}

type waiter struct {
	subject string
	end     context.CancelCauseFunc
}

func (w waiter) names(subject string) bool {
	return subject == w.subject || strings.HasSuffix(w.subject, ".") && strings.HasPrefix(subject, w.subject)
}

const hintUser = "use a user of the NATS server that may do so"

// denial is why a wait has ended.
type denial struct{ why *events.Error }

func (d denial) Error() string { return d.why.Message }

// during derives a context that also ends when the server lets us publish nothing on the
// subject, or on any below one that ends with a dot, or read no answers.
func (d *denials) during(ctx context.Context, subject string) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting == nil {
		d.waiting = map[uint64]waiter{}
	}
	d.last++
	id := d.last
	d.waiting[id] = waiter{subject, end}
	return ctx, func() {
		d.mu.Lock()
		delete(d.waiting, id)
		d.mu.Unlock()
		end(nil)
	}
}

// explained is the error of what was done during the context: the denial, if that ended it.
func explained(ctx context.Context, err error) error {
	if d, ok := errors.AsType[denial](context.Cause(ctx)); ok && err != nil {
		return d.why
	}
	return err
}

// deniedSubject finds what the server says that it denies.
func deniedSubject(err error) (verb, subject string) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return "", ""
	}
	found := regexp.MustCompile(`(Publish|Subscription) to "([^"]+)"`).FindStringSubmatch(err.Error())
	if found == nil {
		return "", ""
	}
	return found[1], found[2]
}

// denied ends the waits that the error is about.
func (b *Bus) denied(err error) {
	verb, subject := deniedSubject(err)
	if verb == "" {
		return
	}
	answers := verb == "Subscription" && strings.HasPrefix(subject, b.inboxPrefix())
	d := denial{events.Errorf(events.KindRefused, hintUser, "nats at %s lets this user publish nothing on %s", b.config.Access, subject)}
	if answers {
		d = denial{events.Errorf(events.KindRefused, "give --nats-inbox with what the user's permissions name", "nats at %s lets this user read no answers on %s", b.config.Access, subject)}
	}
	b.config.Log.Warn("nats denies this user something", "denied", verb, "subject", subject)
	b.denials.mu.Lock()
	defer b.denials.mu.Unlock()
	for _, w := range b.denials.waiting {
		if answers || verb == "Publish" && w.names(subject) {
			w.end(d)
		}
	}
}

func (b *Bus) inboxPrefix() string {
	if b.config.Inbox != "" {
		return b.config.Inbox + "."
	}
	return nats.InboxPrefix
}
