package work

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestNext(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	row := func(id string, asked int, alter ...func(*seen[int])) seen[int] {
		s := seen[int]{row: Row[int]{ID: id, Asked: events.Meta{ID: "e-" + id, Time: at(asked)}}, rev: 1}
		for _, a := range alter {
			a(&s)
		}
		s.sight = sight{lease: s.row.Lease, since: s.since}
		return s
	}
	held := func(owner string, since int) func(*seen[int]) {
		return func(s *seen[int]) {
			s.row.Lease = Lease{Owner: owner, Epoch: 1, TTL: events.Duration(15 * time.Second)}
			s.since = at(since)
		}
	}
	paused := func(since, pause int) func(*seen[int]) {
		return func(x *seen[int]) {
			x.since, x.row.Pause = at(since), events.Duration(time.Duration(pause)*time.Second)
		}
	}
	ended := func(s *seen[int]) { s.row.Ended = now }
	for _, c := range []struct {
		name    string
		rows    []seen[int]
		working []string
		turns   func([]Row[int], time.Time) ([]string, time.Time)
		start   []string
		again   time.Time
	}{
		{name: "nothing to do"},
		{name: "the oldest request first", rows: []seen[int]{row("b", -1), row("a", -2)}, start: []string{"a", "b"}},
		{name: "one that is in work here is not begun again", rows: []seen[int]{row("a", 0)}, working: []string{"a"}},
		{name: "never more than there are slots", rows: []seen[int]{row("a", 1), row("b", 2), row("c", 3), row("d", 4)}, working: []string{"x"}, start: []string{"a", "b"}},
		{name: "our former process is dead", rows: []seen[int]{row("a", 0, held("me", 0))}, start: []string{"a"}},
		{name: "another's lease is waited for", rows: []seen[int]{row("a", 0, held("other", -5))}, again: at(10)},
		{name: "another's lease lapses by our own clock", rows: []seen[int]{row("a", 0, held("other", -15))}, start: []string{"a"}},
		{name: "a pause is waited for", rows: []seen[int]{row("a", 0, paused(-2, 5))}, again: at(3)},
		{name: "a pause that is over", rows: []seen[int]{row("a", 0, paused(-5, 5))}, start: []string{"a"}},
		{name: "the later of lease and pause", rows: []seen[int]{row("a", 0, held("other", -5), paused(-5, 17))}, again: at(12)},
		{name: "the first of several things due", rows: []seen[int]{row("a", 0, paused(-1, 10)), row("b", 0, paused(0, 4))}, again: at(4)},
		{name: "one that has ended leaves first, whoever's turn it is", rows: []seen[int]{row("a", -9), row("b", 0, ended)}, turns: none, start: []string{"b"}, again: at(60)},
		{name: "a claim on its way counts", rows: []seen[int]{row("a", -9), row("b", 0)}, working: []string{"b"}, turns: oneAtATime},
		{name: "it is nobody's turn", rows: []seen[int]{row("a", 0)}, turns: none, again: at(60)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := board[int]{owner: "me", parallel: 3, turns: c.turns, rows: map[string]seen[int]{}, working: map[string]bool{}}
			if b.turns == nil {
				b.turns = allTurns[int]
			}
			for _, s := range c.rows {
				b.rows[s.row.ID] = s
			}
			for _, id := range c.working {
				b.working[id] = true
			}
			start, again := b.next(now)
			if diff := cmp.Diff(c.start, start); diff != "" {
				t.Errorf("start (-want +got):\n%s", diff)
			}
			if !again.Equal(c.again) {
				t.Errorf("again %s, want %s", again, c.again)
			}
		})
	}
}

func none(_ []Row[int], now time.Time) ([]string, time.Time) { return nil, now.Add(time.Minute) }

// oneAtATime takes what is held, or else the oldest request.
func oneAtATime(open []Row[int], _ time.Time) ([]string, time.Time) {
	for _, r := range open {
		if r.Lease.Owner != "" {
			return []string{r.ID}, time.Time{}
		}
	}
	return []string{open[0].ID}, time.Time{}
}

func TestPause(t *testing.T) {
	c := DefaultConfig[int]("q")
	for attempts, want := range map[int]time.Duration{1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 5: 3200 * time.Millisecond, 6: 5 * time.Second, 1 << 40: 5 * time.Second} {
		if got := c.pause(attempts); got != want {
			t.Errorf("pause after %d attempts is %s, want %s", attempts, got, want)
		}
	}
}

func TestAdmit(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	last := events.Meta{ID: "a", Time: now}
	for _, c := range []struct {
		name   string
		asked  events.Meta
		latest bool
		want   error
	}{
		{"the same event", events.Meta{ID: "a", Time: now.Add(time.Hour)}, true, ErrKnown},
		{"another event for an id that stands for one", events.Meta{ID: "b", Time: now.Add(time.Hour)}, false, ErrKnown},
		{"a later event", events.Meta{ID: "b", Time: now.Add(time.Second)}, true, nil},
		{"another event of the same time", events.Meta{ID: "b", Time: now}, true, nil},
		{"an earlier event", events.Meta{ID: "b", Time: now.Add(-time.Second)}, true, ErrOvertaken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := admit(last, c.asked, c.latest); !errorIs(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultConfig[int]("q").Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	err := Config[int]{Name: "a b", Keep: time.Hour, MaxAge: time.Hour}.Validate()
	want := "queue a b: its name must be a key\nqueue a b: lease is 0s, want more than 0\nqueue a b: parallel is 0, want at least 1\n" +
		"queue a b: keep is 1h0m0s, want more than maxAge (1h0m0s)\nqueue a b: pause is 0s and maxPause 0s, want 0 < pause <= maxPause"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
