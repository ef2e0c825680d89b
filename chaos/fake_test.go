package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

const (
	blackout = "blackout"
	room     = "shop"
)

// lamps is a kind of fault that puts out lamps, which somebody lights again. It
// stands for every kind in the tests of the engine.
type lamps struct {
	mu      sync.Mutex
	ids     []string
	log     []lampMark
	changed chan struct{}
	hits    map[string]int
	reverts int
	closed  int
	// labels are those of the room.
	labels map[string]string
	// noTarget is why no victims can be drawn; count is how many are drawn.
	noTarget error
	count    int
	// injectError is what an injection answers, after it was done when injectsAnyway;
	// refuseFrom refuses from that injection on, counted from 1.
	injectError   error
	injectsAnyway bool
	refuseFrom    int
	// dark keeps the lamps dark; stuck leaves residue.
	dark, stuck              bool
	surveyError, followError error
	// unfollowed is how many more times the lamps cannot be followed again, -1 for
	// ever; resumes counts the attempts. effectError keeps a lamp from being looked at.
	unfollowed, resumes int
	effectError         error
	// before is called before each injection, with its context.
	before func(context.Context)
	// duration is how the kind takes one; injectTimeout bounds an injection.
	duration      string
	injectTimeout time.Duration
}

type lampMark struct{ id, name string }

func newLamps(n int) *lamps {
	l := &lamps{
		changed: make(chan struct{}), hits: make(map[string]int), count: 1, duration: events.DurationNone,
		labels: map[string]string{
			events.LabelChaos: events.ChaosAllowed, events.LabelManagedBy: events.Manager, events.LabelEnvironment: room,
			events.LabelInstallation: chaostest.Installation,
		},
	}
	for i := range n {
		l.ids = append(l.ids, fmt.Sprintf("lamp-%d", i+1))
	}
	return l
}

func (l *lamps) Describe() chaos.Description {
	return chaos.Description{
		FaultKind: events.FaultKind{
			Name: blackout, Summary: "puts out lamps", Revert: "lights them again", Victims: "lamps", Duration: l.duration,
			Params: lampParams().Schema(),
			Marks: []events.FaultMark{
				{Name: "switched", Role: events.RoleSent, Label: "Switch turned"},
				{Name: "dark", Role: events.RoleEffect, Label: "Lamp dark"},
				{Name: "lit", Role: events.RoleHealed, Label: "Lamp lit"},
			},
			Guards: []events.GuardInfo{{Name: "daylight", Question: "is it light outside?"}},
		},
		InjectTimeout: l.injectTimeout,
	}
}

type dim struct{ after time.Duration }

func lampParams() chaos.Params[dim] {
	return chaos.Params[dim]{chaos.Seconds("after", "how long the lamp glows on", func(p *dim, d time.Duration) { p.after = d })}
}

func (l *lamps) Check(req events.FaultInject) events.Problems {
	_, problems := lampParams().Parse(req.Params)
	return problems
}

func (l *lamps) Survey(context.Context, events.FaultInject, uint64) (chaos.Survey, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return lampSurvey{l, len(l.log)}, l.surveyError
}

// Writes is one for each lamp.
func (l *lamps) Writes(o chaos.Order) []events.FaultWrite {
	var calls []events.FaultWrite
	for _, v := range o.Victims {
		calls = append(calls, events.FaultWrite{Verb: "patch", Resource: "lamps", Name: v.Name, Text: "put out " + v.Name})
	}
	return calls
}

func (l *lamps) Undo(chaos.Order) []string { return []string{"light the lamps"} }

func (l *lamps) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	if l.before != nil {
		l.before(ctx)
	}
	if err := events.CheckFence(ctx); err != nil {
		return chaos.Untouched(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.refuseFrom > 0 && len(l.hits)+1 >= l.refuseFrom:
		return &chaos.Refusal{Guard: "daylight", Seen: "it is night", Advice: "wait for the morning"}
	case l.injectError != nil && !l.injectsAnyway:
		return l.injectError
	case !slices.Contains(l.ids, v.ID) || l.hits[v.ID] > 0:
		return chaos.Untouched(chaos.ErrGone)
	}
	l.hits[v.ID]++
	l.show(v.ID, "dark")
	if !l.dark && o.Request.Duration == 0 {
		l.show(v.ID, "lit")
	}
	return l.injectError
}

func (l *lamps) show(id, mark string) {
	l.log = append(l.log, lampMark{id, mark})
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lamps) Effect(_ context.Context, _ chaos.Order, v events.Victim) (in bool, seen string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hits[v.ID] > 0, "it shines on", l.effectError
}

// Revert lights the lamps, unless they are to stay dark.
func (l *lamps) Revert(_ context.Context, o chaos.Order) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reverts++
	close(l.changed)
	l.changed = make(chan struct{})
	for _, v := range o.Hit() {
		if !l.dark && !slices.Contains(l.log, lampMark{v.ID, "lit"}) {
			l.show(v.ID, "lit")
		}
	}
	if l.stuck {
		return []string{"a lamp is dark"}, nil
	}
	return nil, nil
}

func (l *lamps) Resume(context.Context, chaos.Order) (chaos.Follower, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resumes++
	if l.unfollowed != 0 {
		l.unfollowed--
		return nil, errors.New("fog")
	}
	return &lampFollower{lamps: l, late: true}, nil
}

// mostHits is how often the most hit lamp was hit, and how many were.
func (l *lamps) mostHits() (most, victims int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.hits {
		most = max(most, n)
	}
	return most, len(l.hits)
}

// tries is how often somebody tried to follow the lamps again.
func (l *lamps) tries() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resumes
}

// awaitReverted waits until the lamps were reverted so often.
func (l *lamps) awaitReverted(t testing.TB, n int) {
	t.Helper()
	patience := time.After(eventstest.Patience)
	for {
		l.mu.Lock()
		reverts, changed := l.reverts, l.changed
		l.mu.Unlock()
		if reverts >= n {
			return
		}
		select {
		case <-changed:
		case <-patience:
			t.Fatalf("reverted %d times, want %d", reverts, n)
		}
	}
}

func (l *lamps) wasLit(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.log, lampMark{id, "lit"})
}

func (l *lamps) followersClosed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *lamps) replace(v events.Victim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = slices.DeleteFunc(l.ids, func(id string) bool { return id == v.ID })
}

type lampSurvey struct {
	lamps *lamps
	seen  int
}

func (s lampSurvey) Scopes() []chaos.Scope {
	return []chaos.Scope{{Kind: "namespace", Name: room, Labels: s.lamps.labels, Allow: "label it"}}
}

func (s lampSurvey) Victims() ([]chaos.Victim, error) {
	if s.lamps.noTarget != nil {
		return nil, s.lamps.noTarget
	}
	var victims []chaos.Victim
	for _, id := range s.lamps.ids[:s.lamps.count] {
		victims = append(victims, chaos.Victim{
			Victim: events.Victim{Kind: "lamp", ID: id, Name: id, Where: "namespace " + room},
			Locks:  []string{room + "/fuse"},
		})
	}
	return victims, nil
}

func (s lampSurvey) Decide([]chaos.Order) []events.GuardDecision {
	d := chaos.Yes("it is light outside")
	d.Guard = "daylight"
	return []events.GuardDecision{d}
}

func (s lampSurvey) Kept() json.RawMessage { return json.RawMessage(`{}`) }

func (s lampSurvey) Follow(context.Context) (chaos.Follower, error) {
	if s.lamps.followError != nil {
		return nil, s.lamps.followError
	}
	return &lampFollower{lamps: s.lamps, next: s.seen}, nil
}

// lampFollower reads the log of the lamps.
type lampFollower struct {
	lamps *lamps
	next  int
	// late says that what is read first happened before.
	late   bool
	order  chaos.Order
	seen   map[lampMark]bool
	closed bool
}

func (f *lampFollower) Update(o chaos.Order) {
	f.order = o
	if f.seen == nil {
		f.seen = make(map[lampMark]bool)
		for _, m := range o.Marks {
			f.seen[lampMark{m.Victim, m.Mark}] = true
		}
	}
}

func (f *lampFollower) Next(ctx context.Context) ([]chaos.Mark, error) {
	for {
		f.lamps.mu.Lock()
		waiting, changed := slices.Clone(f.lamps.log[f.next:]), f.lamps.changed
		f.lamps.mu.Unlock()
		f.next += len(waiting)
		if marks := f.marks(waiting); len(marks) > 0 {
			return marks, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (f *lampFollower) marks(waiting []lampMark) []chaos.Mark {
	var marks []chaos.Mark
	for _, m := range waiting {
		ours := slices.ContainsFunc(f.order.Hit(), func(v events.Victim) bool { return v.ID == m.id })
		if !ours || f.seen[m] {
			continue
		}
		f.seen[m] = true
		mark := chaos.Mark{Victim: m.id, Name: m.name, Object: m.id, At: time.Now()}
		if f.late {
			mark.Since = f.order.Victims[0].Sent
		}
		marks = append(marks, mark)
	}
	f.late = false
	return marks
}

func (f *lampFollower) Standing() []chaos.Standing {
	var all []chaos.Standing
	for _, v := range f.order.Hit() {
		s := chaos.Standing{Victim: v.ID}
		if !f.seen[lampMark{v.ID, "dark"}] {
			s.Effect = v.Name + " was not seen dark"
		}
		if !f.seen[lampMark{v.ID, "lit"}] {
			s.Healed = v.Name + " is dark"
		}
		all = append(all, s)
	}
	return all
}

func (f *lampFollower) Close() {
	f.lamps.mu.Lock()
	defer f.lamps.mu.Unlock()
	if !f.closed {
		f.closed = true
		f.lamps.closed++
	}
}

// request asks for one lamp.
func request(fault string) events.FaultInject {
	return events.FaultInject{
		Fault: fault, Run: "run-" + fault, Kind: blackout, Environment: room, Namespace: room,
		Target: events.FaultTarget{Labels: "app=lamp"}, Seed: 42, Budget: events.Duration(20 * time.Second),
	}
}
