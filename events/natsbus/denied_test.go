package natsbus_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// limited is a server with a user who may do everything, and one who may read streams but
// publish nothing, and reads its answers below an inbox of its own.
func limited(t *testing.T) (all, few natsbus.Access) {
	t.Helper()
	o := natsbustest.Options(t)
	o.Users = []*server.User{
		{Username: "all", Password: "s3cret"},
		{Username: "few", Password: "s3cret", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"$JS.API.STREAM.INFO.*"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.few.>"}},
		}},
	}
	url := natsbustest.Serve(t, o).ClientURL()
	as := func(user, inbox string) natsbus.Access {
		return natsbus.Access{URL: strings.Replace(url, "://", "://"+user+":s3cret@", 1), Inbox: inbox}
	}
	return as("all", ""), as("few", "_INBOX.few")
}

// TestDenied: what the permissions of the user do not allow is refused at once, and the
// error says so.
func TestDenied(t *testing.T) {
	t.Parallel()
	all, few := limited(t)
	natsbustest.Connect(t, all)
	bus := natsbustest.Connect(t, few, func(c *natsbus.Config) { c.Visit = true })
	err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{})
	wantDenied(t, err, "shakedown.v1.chaos.stop.engaged.all")
	_, err = events.StopStateCall.Ask(t.Context(), bus, stamp().First(""), events.Nothing{})
	wantDenied(t, err, "shakedown.call.v1.chaos.stop.show")
	few.Inbox = ""
	_, err = natsbus.Connect(t.Context(), natsbus.Config{Access: few, Visit: true})
	wantDenied(t, err, "_INBOX.")
	if e, ok := err.(*events.Error); !ok || !strings.Contains(e.Advice, "--nats-inbox") { //nolint:errorlint // the error of the package itself
		t.Errorf("the advice of %v", err)
	}
}

func wantDenied(t *testing.T, err error, subject string) {
	t.Helper()
	if err == nil || events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), subject) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v, want a refusal that names %s", err, subject)
	}
}
