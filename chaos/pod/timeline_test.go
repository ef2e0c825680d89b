package pod

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// film shows changes to a timeline, each a second after the one before.
type film struct {
	t    *testing.T
	line *timeline
	at   time.Time
	got  []string
}

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func newFilm(t *testing.T, kind string, victims ...string) *film {
	t.Helper()
	owner := Ref{Kind: kind, Name: "o", UID: "o"}
	if kind == "" {
		owner = Ref{}
	}
	before := kept{Known: []string{"old"}, Owners: make(map[string]Ref)}
	var o chaos.Order
	for _, name := range victims {
		v := chaos.Victim{Victim: events.Victim{Name: name, ID: name, UID: name}, Sent: noon(), Hit: true}
		before.Known, before.Owners[name] = append(before.Known, name), owner
		o.Victims = append(o.Victims, v)
		o.Marks = append(o.Marks, events.RecoveryMarked{Victim: name, Mark: events.MarkKillAccepted, Role: events.RoleSent, At: noon()})
	}
	var err error
	if o.Kept, err = json.Marshal(before); err != nil {
		t.Fatal(err)
	}
	return &film{t: t, line: newTimeline(o), at: noon()}
}

// healed says that no victim is broken any more.
func (f *film) healed() bool {
	return !slices.ContainsFunc(f.line.standing(), func(s chaos.Standing) bool { return s.Healed != "" })
}

// hopeless says that all that is broken will stay so.
func (f *film) hopeless() bool {
	return !f.healed() && !slices.ContainsFunc(f.line.standing(), func(s chaos.Standing) bool { return s.Healed != "" && !s.Final })
}

func (f *film) show(p Pod, gone bool) {
	f.at = f.at.Add(time.Second)
	for _, m := range f.line.see(Change{Pod: p, Gone: gone, At: f.at}) {
		f.got = append(f.got, m.Victim+" "+m.Name+" "+m.Object)
	}
}

func replica(kind, name, uid string, scheduled, started, ready bool) Pod {
	return Pod{Name: name, UID: uid, Owner: Ref{Kind: kind, Name: "o", UID: "o"}, Scheduled: scheduled, Started: started, Ready: ready}
}

func (f *film) want(want ...string) {
	f.t.Helper()
	if d := cmp.Diff(want, f.got); d != "" {
		f.t.Error(d)
	}
}

func TestTimelineOfADeployment(t *testing.T) {
	const kind = "Deployment"
	f := newFilm(t, kind, "v")
	f.show(replica(kind, "old", "old", true, true, true), false)
	f.show(Pod{Name: "foreign", UID: "s", Owner: Ref{UID: "other"}, Ready: true}, false)
	f.show(replica(kind, "n", "n", false, false, false), false)
	f.show(replica(kind, "n", "n", true, false, false), false)
	f.show(replica(kind, "v", "v", true, true, true), true)
	f.show(replica(kind, "n", "n", true, true, false), false)
	if f.healed() {
		t.Error("healed before the replacement is ready")
	}
	f.show(replica(kind, "n", "n", true, true, true), false)
	f.show(replica(kind, "n", "n", true, true, true), false)
	f.want("v replacement-scheduled n", "v victim-gone v", "v replacement-started n", "v replacement-ready n")
	if !f.healed() {
		t.Error("not healed")
	}
	f.show(replica(kind, "n", "n", true, true, false), false)
	if f.healed() {
		t.Error("healed although the replacement is not ready any more")
	}
}

func TestTimelineAssignsEachReplacementOnce(t *testing.T) {
	const kind = "Deployment"
	f := newFilm(t, kind, "v", "w")
	f.show(replica(kind, "n", "n", true, true, true), false)
	f.show(Pod{Name: "v", UID: "v"}, true)
	f.show(Pod{Name: "w", UID: "w"}, true)
	if f.healed() {
		t.Error("one pod replaced two")
	}
	f.show(replica(kind, "m", "m", true, true, true), false)
	if !f.healed() {
		t.Error(f.line.standing())
	}
}

func TestTimelineWaitsForTheNextReplacement(t *testing.T) {
	const kind = "Deployment"
	f := newFilm(t, kind, "v")
	f.show(Pod{Name: "v", UID: "v"}, true)
	f.show(replica(kind, "n", "n", true, false, false), false)
	f.show(replica(kind, "n", "n", true, false, false), true)
	if f.healed() {
		t.Error("healed by a pod that is gone")
	}
	f.show(replica(kind, "m", "m", true, true, true), false)
	f.want("v victim-gone v", "v replacement-scheduled n", "v replacement-started m", "v replacement-ready m")
	if !f.healed() {
		t.Error(f.line.standing())
	}
}

func TestTimelineOfAStatefulSetWantsTheName(t *testing.T) {
	const kind = "StatefulSet"
	f := newFilm(t, kind, "s-0", "s-1")
	f.show(replica(kind, "s-1", "new-1", true, true, true), false)
	f.show(replica(kind, "s-2", "new-2", true, true, true), false)
	f.want("s-1 replacement-scheduled s-1", "s-1 replacement-started s-1", "s-1 replacement-ready s-1")
}

func TestTimelineBeforeTheKill(t *testing.T) {
	const kind = "Deployment"
	f := newFilm(t, kind, "v")
	f.at = noon().Add(-time.Minute)
	f.show(replica(kind, "n", "n", true, true, true), false)
	f.at = noon()
	f.show(replica(kind, "n", "n", true, true, true), false)
	f.want()
}

func TestTimelineOfOrphans(t *testing.T) {
	f := newFilm(t, "", "v")
	if f.hopeless() {
		t.Error("hopeless before the victim is gone")
	}
	f.show(Pod{Name: "v", UID: "v"}, true)
	if !f.hopeless() || f.healed() {
		t.Error("nobody will replace the pod")
	}
}

func TestMarksAreNeverBeforeTheKill(t *testing.T) {
	f := newFilm(t, "Deployment", "v")
	marks := f.line.see(Change{Pod: Pod{UID: "v"}, Gone: true, At: noon().Add(-time.Millisecond), Since: noon().Add(-time.Hour)})
	if len(marks) != 1 || !marks[0].At.Equal(noon()) || !marks[0].Since.Equal(noon()) {
		t.Errorf("marks %+v", marks)
	}
}
