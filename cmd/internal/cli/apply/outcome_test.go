package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// carried is how the steps of a plan for all kinds end, and with which exit code, when
// those that are named fail.
func carried(t *testing.T, p Plan, fails func(ctx context.Context, name string) error) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := p.carryOut(ctx, func(ctx context.Context, s Step) (Outcome, error) {
		err := fails(ctx, s.Name)
		if errors.Is(err, context.Canceled) {
			cancel()
		}
		return Done, err
	})
	var ends []string
	for _, s := range p {
		if s.Acts() {
			ends = append(ends, fmt.Sprintf("%s %s", s.Name, s.Outcome))
		}
	}
	return fmt.Sprint(strings.Join(ends, ", "), "; exit ", kit.ExitCode(ctx, err))
}

// TestCarryOut: what may need the one that failed is not tried, what does not is; a part
// that was done is told by the exit code.
func TestCarryOut(t *testing.T) {
	t.Parallel()
	refused := events.Errorf(events.KindRefused, "", "no")
	failing := func(names ...string) func(context.Context, string) error {
		return func(_ context.Context, name string) error {
			if slices.Contains(names, name) {
				return refused
			}
			return nil
		}
	}
	stopped := func(_ context.Context, name string) error {
		if name == "b" {
			return fmt.Errorf("wait: %w", context.Canceled)
		}
		return nil
	}
	for name, test := range map[string]struct {
		fails func(context.Context, string) error
		want  string
	}{
		"all well":       {failing(), "c done, b done, a done; exit 0"},
		"cluster fails":  {failing("c"), "c failed, b not tried, a not tried; exit 5"},
		"one of two":     {failing("b"), "c done, b failed, a done; exit 4"},
		"both":           {failing("a", "b"), "c done, b failed, a failed; exit 4"},
		"all":            {failing("a", "b", "c"), "c failed, b not tried, a not tried; exit 5"},
		"somebody stops": {stopped, "c done, b failed, a not tried; exit 130"},
	} {
		if diff := cmp.Diff(test.want, carried(t, newPlan(folder(), kinds(), nil), test.fails)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestNothingIsTriedAfterARefusal shows what would have been done.
func TestNothingIsTriedAfterARefusal(t *testing.T) {
	t.Parallel()
	now := map[key]state{{"Environment", "a"}: {refused: events.Errorf(events.KindRefused, "choose another", "it is theirs")}}
	plan := newPlan(folder(), kinds(), now)
	if err := plan.refusal(); err == nil || kit.ExitCode(t.Context(), err) != kit.ExitRefused || kit.HintOf(err) != "choose another" {
		t.Errorf("error %v", err)
	}
	var lines []string
	for _, s := range plan.notTried() {
		if s.Action != Nothing {
			lines = append(lines, s.lines()...)
		}
	}
	want := []string{
		"not tried: create cluster/c (c.yaml:1)", "not tried: create environment/b (b.yaml:1)",
		"cannot apply environment/a (a.yaml:1): it is theirs",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	s := Step{Action: Update, Kind: "Environment", Name: "shop", Where: "f:1", Changes: []events.EnvironmentChange{
		{Verb: "update", Object: "deployment/api", Field: "spec.replicas", Is: "1", Wanted: "2"},
		{Verb: "update", Object: "deployment/api", Field: "env[TOKEN]"},
		{Verb: "update", Object: "namespace/shop", Field: "ttl", Wanted: "1h"},
		{Verb: "prune", Object: "service/old"},
	}}
	want := []string{
		"update environment/shop (f:1)", "  update deployment/api: spec.replicas: 1 -> 2", "  update deployment/api: env[TOKEN] changes",
		"  update namespace/shop: ttl: - -> 1h", "  prune service/old",
	}
	if diff := cmp.Diff(want, s.lines()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
