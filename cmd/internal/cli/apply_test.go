package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// standing answers as envs does for the environment shop, which is there. A create makes
// it as it is wanted, and a destroy removes it.
type standing struct {
	mu      sync.Mutex
	stamp   events.Stamp
	bus     *natsbus.Bus
	gone    bool
	phase   string
	changes []events.EnvironmentChange
}

func (s *standing) set(phase string, changes ...events.EnvironmentChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase, s.changes = phase, changes
}

func (s *standing) diff(context.Context, events.EnvironmentDiff) (events.EnvironmentDifference, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return events.EnvironmentDifference{Name: "shop", Exists: !s.gone, Changes: s.changes}, nil
}

func (s *standing) show(context.Context, events.EnvironmentQuery) (events.EnvironmentAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return events.EnvironmentAnswer{}, events.Errorf(events.KindNotFound, "", "gone")
	}
	return events.EnvironmentAnswer{Environment: events.Environment{Name: "shop", Phase: s.phase}}, nil
}

func (s *standing) create(ctx context.Context, m events.Meta, _ events.EnvironmentCreate) error {
	s.set("ready")
	return events.EnvironmentReadyTopic.Publish(ctx, s.bus, s.stamp.After(m, "outcome"), events.EnvironmentReady{Environment: events.Environment{Name: "shop"}})
}

func (s *standing) destroy(ctx context.Context, m events.Meta, e events.EnvironmentDestroy) error {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	return events.EnvironmentDestroyedTopic.Publish(ctx, s.bus, s.stamp.After(m, "outcome"), events.EnvironmentDestroyed{Name: e.Name})
}

// serve answers until stop is called.
func (s *standing) serve(t *testing.T, access natsbus.Access) (stop func()) {
	t.Helper()
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	s.bus, s.stamp = bus, events.Stamp{Source: "test", Now: time.Now, NewID: func() string { return fmt.Sprint(time.Now().UnixNano()) }}
	ctx, cancel := context.WithCancel(t.Context())
	group := events.Subscription{Group: "envs"}
	var all []events.Subscribed
	put := func(one events.Subscribed, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	put(events.EnvironmentDiffCall.Answer(ctx, bus, s.stamp, s.diff))
	put(events.EnvironmentShowCall.Answer(ctx, bus, s.stamp, s.show))
	put(events.EnvironmentCreateTopic.SubscribeWith(ctx, bus, group, s.create))
	put(events.EnvironmentDestroyTopic.SubscribeWith(ctx, bus, group, s.destroy))
	return func() {
		cancel()
		for _, one := range all {
			one.Wait()
		}
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestApplyOfAnEnvironmentThatIsThere: what differs is a difference until it is applied;
// what is as it should be and not ready is waited for.
func TestApplyOfAnEnvironmentThatIsThere(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "shop.yaml")
	document := "apiVersion: shakedown.dev/v1\nkind: Environment\nmetadata: {name: shop}\nspec: {components: {api: {image: 'a:1'}}}\n"
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	shop := &standing{}
	withStore(t, data, func(access natsbus.Access) {
		defer shop.serve(t, access)()
		try := func(code int, words string, command ...string) {
			t.Helper()
			if got, out := shown(t, data, append(command, "-f", file)); got != code || !strings.Contains(out, words) {
				t.Errorf("%v: exit code %d, want %d with %q:\n%s", command, got, code, words, out)
			}
		}
		shop.set("ready", events.EnvironmentChange{Verb: "update", Object: "deployment/api", Field: "spec.replicas", Is: "3", Wanted: "1"})
		try(kit.ExitDrift, "  update deployment/api: spec.replicas: 3 -> 1", "diff")
		try(kit.ExitDone, "updated environment/shop", "apply")
		try(kit.ExitDone, "unchanged environment/shop", "diff")
		try(kit.ExitDone, "unchanged environment/shop", "apply")
		shop.set("failed")
		try(kit.ExitDone, "it is as the document says, and failed", "diff")
		try(kit.ExitDone, "ready environment/shop", "apply")
		try(kit.ExitRefused, "not tried: delete environment/shop", "delete")
		try(kit.ExitDone, "deleted environment/shop", "delete", "--yes")
		try(kit.ExitDone, "absent environment/shop", "delete")
	})
}
