package provisioner_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// memory is a driver that makes nothing but notes.
type memory struct {
	name     string
	clusters map[string]provisioner.Status
	checks   []provisioner.Check
	// fails makes creates fail after something was made, refuses before.
	fails, refuses, keeps error
	// meanwhile happens at the start of a create.
	meanwhile func()
	calls     []string
}

func (m *memory) Name() string { return m.name }

func (m *memory) Check(context.Context, provisioner.Document) []provisioner.Check {
	m.calls = append(m.calls, "check")
	return m.checks
}

func (m *memory) Create(_ context.Context, d provisioner.Document, _ provisioner.Progress) (provisioner.Status, error) {
	m.calls = append(m.calls, "create")
	if m.meanwhile != nil {
		m.meanwhile()
	}
	if m.refuses != nil {
		return provisioner.Status{}, m.refuses
	}
	s := provisioner.Status{Name: d.Metadata.Name, Driver: m.name, State: provisioner.StateReady, Nodes: make([]provisioner.Node, d.Spec.Nodes)}
	m.clusters[s.Name] = s
	return s, m.fails
}

func (m *memory) List(context.Context) ([]provisioner.Status, error) {
	var list []provisioner.Status
	for _, s := range m.clusters {
		list = append(list, s)
	}
	return list, nil
}

func (m *memory) Show(_ context.Context, name string) (provisioner.Status, error) {
	s, ok := m.clusters[name]
	if !ok {
		return s, provisioner.NotFound(name)
	}
	return s, nil
}

func (m *memory) Kubeconfig(_ context.Context, name string) ([]byte, error) {
	return []byte(m.name + " " + name), nil
}

func (m *memory) Destroy(ctx context.Context, name string, _ provisioner.Progress) error {
	m.calls = append(m.calls, "destroy")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if m.keeps != nil {
		return m.keeps
	}
	if _, ok := m.clusters[name]; !ok {
		return provisioner.NotFound(name)
	}
	delete(m.clusters, name)
	return nil
}

// newMemory returns a sandbox in memory and clusters that use it.
func newMemory(change func(*memory)) (*memory, *provisioner.Clusters) {
	m := &memory{name: "sandbox", clusters: map[string]provisioner.Status{}}
	change(m)
	other := &memory{name: "existing", clusters: map[string]provisioner.Status{"eks": {Name: "eks", Driver: "existing"}}}
	return m, provisioner.NewClusters([]provisioner.Driver{m, other}, slog.New(slog.DiscardHandler))
}

func TestCreate(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name   string
		change func(*memory)
		retain bool
		calls  []string
		left   int
		words  string
	}{
		{"works", func(*memory) {}, false, []string{"check", "create"}, 1, ""},
		{"there already", func(m *memory) {
			m.clusters["demo"] = provisioner.Status{Name: "demo", Driver: "sandbox", State: provisioner.StateReady, Nodes: make([]provisioner.Node, 3)}
		}, false, nil, 1, ""},
		{"a check fails", func(m *memory) {
			m.checks = []provisioner.Check{{Name: "nft", Found: "not on the path", Hint: "apt-get install nftables"}}
		}, false, []string{"check"}, 0, "nft: not on the path"},
		{"fails half way", func(m *memory) { m.fails = boom }, false, []string{"check", "create", "destroy"}, 0, "boom"},
		{"fails half way and is retained", func(m *memory) { m.fails = boom }, true, []string{"check", "create"}, 1, "boom"},
		{"fails and cannot be undone", func(m *memory) { m.fails, m.keeps = boom, errors.New("busy") }, false, []string{"check", "create", "destroy"}, 1, "boom\nundoing the half made cluster demo: busy"},
		{"made by someone else meanwhile", func(m *memory) {
			m.refuses = provisioner.Exists("demo")
		}, false, []string{"check", "create"}, 0, "exists already"},
		{"not begun, made by someone else meanwhile", func(m *memory) {
			m.refuses = provisioner.Untouched(boom)
			m.meanwhile = func() { m.clusters["demo"] = provisioner.Status{Name: "demo", Driver: "sandbox"} }
		}, false, []string{"check", "create"}, 1, "boom"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, s := newMemory(test.change)
			_, err := s.Create(t.Context(), document(func(*provisioner.Document) {}), provisioner.CreateOptions{Retain: test.retain}, provisioner.Quiet{})
			if test.words == "" && err != nil || test.words != "" && (err == nil || !strings.Contains(err.Error(), test.words)) {
				t.Errorf("error %v, want %q", err, test.words)
			}
			if diff := cmp.Diff(test.calls, m.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if len(m.clusters) != test.left {
				t.Errorf("%d clusters left, want %d", len(m.clusters), test.left)
			}
		})
	}
}

// TestCreateIsUndoneWhenCancelled cancels before the create fails: the undo
// must not see the cancelled context.
func TestCreateIsUndoneWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m, s := newMemory(func(m *memory) { m.fails = context.Canceled })
	cancel()
	if _, err := s.Create(ctx, document(func(*provisioner.Document) {}), provisioner.CreateOptions{}, provisioner.Quiet{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(m.clusters) != 0 {
		t.Error("the half made cluster is still there")
	}
}

func TestCreateRefusesAnInvalidDocument(t *testing.T) {
	m, s := newMemory(func(*memory) {})
	_, err := s.Create(t.Context(), provisioner.Document{}, provisioner.CreateOptions{}, provisioner.Quiet{})
	var problems events.Problems
	if !errors.As(err, &problems) || len(m.calls) > 0 {
		t.Errorf("error %v after %v", err, m.calls)
	}
}

func TestRefusalNamesTheWayRound(t *testing.T) {
	err := provisioner.Refusal(document(func(*provisioner.Document) {}), []provisioner.Check{
		{Name: "root", Found: "user id 1000", Hint: "use sudo"}, {Name: "go", OK: true},
	})
	var e *events.Error
	if !errors.As(err, &e) || !strings.Contains(e.Advice, "use sudo") || !strings.Contains(e.Advice, "--kubeconfig FILE --prometheus URL") {
		t.Errorf("error %#v", err)
	}
}

func TestClustersAreFoundByName(t *testing.T) {
	m, s := newMemory(func(m *memory) { m.clusters["demo"] = provisioner.Status{Name: "demo", Driver: "sandbox"} })
	list, err := s.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "demo" || list[1].Name != "eks" {
		t.Errorf("list %v, %v", list, err)
	}
	if raw, err := s.Kubeconfig(t.Context(), "eks"); err != nil || string(raw) != "existing eks" {
		t.Errorf("kubeconfig %q, %v", raw, err)
	}
	for _, name := range []string{"none", "../demo"} {
		if _, err := s.Show(t.Context(), name); err == nil {
			t.Errorf("show %s finds something", name)
		}
		if err := s.Destroy(t.Context(), name, provisioner.Quiet{}); err == nil {
			t.Errorf("destroy %s finds something", name)
		}
	}
	if len(m.calls) > 0 {
		t.Errorf("calls %v", m.calls)
	}
	if err := s.Destroy(t.Context(), "demo", provisioner.Quiet{}); err != nil || len(m.clusters) > 0 {
		t.Errorf("destroy: %v", err)
	}
}
