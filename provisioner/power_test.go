package provisioner_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// switched is a folder whose clusters have two nodes with switches.
type switched struct {
	*folder
	mu  sync.Mutex
	off map[string]bool
	// log has what was really switched; before is called at the switch.
	log    []string
	before func()
}

var _ provisioner.Switch = (*switched)(nil)

func newSwitched(t *testing.T) *switched {
	return &switched{folder: newFolder(t.TempDir()), off: make(map[string]bool)}
}

func (s *switched) Show(ctx context.Context, name string) (provisioner.Status, error) {
	status, err := s.folder.Show(ctx, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	status.Nodes = nil
	for _, n := range []string{name + "-1", name + "-2"} {
		status.Nodes = append(status.Nodes, provisioner.Node{Name: n, Powered: !s.off[n]})
	}
	return status, err
}

func (s *switched) PowerOff(ctx context.Context, _, node string) error {
	return s.set(ctx, node, false)
}

func (s *switched) PowerOn(ctx context.Context, _, node string) error { return s.set(ctx, node, true) }

func (s *switched) set(ctx context.Context, node string, on bool) error {
	if s.before != nil {
		s.before()
	}
	if err := events.CheckFence(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off[node] = !on
	s.log = append(s.log, map[bool]string{true: "on ", false: "off "}[on]+node)
	return nil
}

func TestPower(t *testing.T) {
	t.Parallel()
	driver := newSwitched(t)
	r := newRig(t, driver)
	if _, err := driver.Create(t.Context(), provisioner.NewDocument("demo"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	ask := func(q events.NodePower) (events.NodePowerAnswer, error) {
		return events.NodePowerCall.Ask(t.Context(), r.bus, r.stamp.First(q.Cluster), q)
	}
	soon := time.Now().Add(time.Minute)
	for _, tc := range []struct {
		name    string
		ask     events.NodePower
		changed bool
		kind    events.Kind
		says    string
	}{
		{name: "off", ask: events.NodePower{Cluster: "demo", Node: "demo-1", Deadline: soon}, changed: true},
		{name: "off again", ask: events.NodePower{Cluster: "demo", Node: "demo-1", Deadline: soon}},
		{name: "on", ask: events.NodePower{Cluster: "demo", Node: "demo-1", On: true, Deadline: soon}, changed: true},
		{name: "on again", ask: events.NodePower{Cluster: "demo", Node: "demo-1", On: true, Deadline: soon}},
		{name: "too late", ask: events.NodePower{Cluster: "demo", Node: "demo-2", Deadline: time.Now()}, kind: events.KindRefused, says: "was to be switched until"},
		{name: "no deadline", ask: events.NodePower{Cluster: "demo", Node: "demo-2"}, kind: events.KindRefused, says: "was to be switched until"},
		{name: "no such node", ask: events.NodePower{Cluster: "demo", Node: "demo-control", Deadline: soon}, kind: events.KindNotFound, says: "no node demo-control"},
		{name: "no such cluster", ask: events.NodePower{Cluster: "other", Node: "demo-1", Deadline: soon}, kind: events.KindNotFound, says: "does not exist"},
	} {
		answer, err := ask(tc.ask)
		if answer.Changed != tc.changed || events.KindOf(err) != tc.kind || tc.says != "" && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: changed %v, error %v", tc.name, answer.Changed, err)
		}
	}
	if d := cmp.Diff([]string{"off demo-1", "on demo-1"}, driver.log); d != "" {
		t.Error(d)
	}
	if list := r.list(t); len(list) != 1 || !list[0].Switch {
		t.Errorf("listed as %+v", list)
	}
}

// TestPowerAfterItsTime: a server that stalls between the question and the switch does not
// switch when the time of whoever asked is over.
func TestPowerAfterItsTime(t *testing.T) {
	t.Parallel()
	driver := newSwitched(t)
	r := newRig(t, driver)
	if _, err := driver.Create(t.Context(), provisioner.NewDocument("demo"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(500 * time.Millisecond)
	driver.before = func() {
		for time.Now().Before(deadline) {
			events.Wait(t.Context(), time.Until(deadline))
		}
	}
	_, err := events.NodePowerCall.Ask(t.Context(), r.bus, r.stamp.First("demo"), events.NodePower{Cluster: "demo", Node: "demo-1", Deadline: deadline})
	if events.KindOf(err) != events.KindRefused || len(driver.log) > 0 {
		t.Errorf("error %v, switched %v", err, driver.log)
	}
}

// TestPowerWithoutASwitch: a driver that has none says so by name.
func TestPowerWithoutASwitch(t *testing.T) {
	t.Parallel()
	driver := newFolder(t.TempDir())
	r := newRig(t, driver)
	if _, err := driver.Create(t.Context(), provisioner.NewDocument("demo"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	_, err := events.NodePowerCall.Ask(t.Context(), r.bus, r.stamp.First("demo"),
		events.NodePower{Cluster: "demo", Node: "demo-1", Deadline: time.Now().Add(time.Minute)})
	if events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), "driver sandbox of cluster demo has no power switch") {
		t.Errorf("error %v", err)
	}
	if list := r.list(t); len(list) != 1 || list[0].Switch {
		t.Errorf("listed as %+v", list)
	}
}
