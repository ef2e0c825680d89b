package redis

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// wrap makes of an error one that says at which end, what was attempted, and
// what can be done. It never repeats a value or a secret.
func (e *end) wrap(attempted string, err error) error {
	var already *events.Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s at the %s %s: %w", attempted, e.name, e.access, err)
	}
	kind, why, hint := e.diagnose(err)
	return &events.Error{
		Kind: kind, Message: fmt.Sprintf("%s at the %s %s: %s", attempted, e.name, e.access, why), Advice: hint, Cause: err,
	}
}

func (e *end) diagnose(err error) (kind events.Kind, why, hint string) {
	text := err.Error()
	if disconnected(err) {
		return events.KindUnavailable, text, "see that the server runs and can be reached"
	}
	code, _, _ := strings.Cut(text, " ")
	switch {
	case strings.Contains(text, "DB index is out of range"):
		return events.KindNotFound, "it has no such database", "see the number in the URL and in redis.databases, and 'databases' in the configuration of the server"
	case code == "NOAUTH":
		return events.KindRefused, "it wants a password", "name the password's reference in credentials"
	case code == "WRONGPASS", strings.Contains(text, "invalid password"), strings.Contains(text, "without any password configured"):
		return events.KindRefused, "wrong user or password", "see the user in the URL and the password in credentials"
	case code == "NOPERM":
		return events.KindRefused, "no right: " + text, e.grant(text)
	case code == "OOM":
		return events.KindPartial, "it is out of memory (maxmemory)", "raise maxmemory of the server"
	case code == "READONLY":
		return events.KindPartial, "it is a read-only replica", "name its master"
	case code == "MISCONF":
		return events.KindPartial, "it refuses writes because it cannot save to its disk", "see the disk and the log of the server"
	case code == "LOADING":
		return events.KindUnavailable, "it is still loading its data", "wait until it has loaded them"
	case code == "CLUSTERDOWN", code == "MASTERDOWN", code == "TRYAGAIN", code == "MOVED", code == "ASK":
		return events.KindUnavailable, text, "see the state of the cluster"
	}
	return events.KindInternal, text, ""
}

// grant is the command that gives the right which the answer names.
func (e *end) grant(text string) string {
	user := e.address.User
	if user == "" {
		user = "default"
	}
	if m := regexp.MustCompile(`'([a-zA-Z|]+)'`).FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("ACL SETUSER %s +%s", user, strings.ToLower(m[1]))
	}
	return fmt.Sprintf("ACL SETUSER %s allkeys, or leave out the keys with exclude", user)
}
