package provisioner_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// paper is a driver whose clusters exist on paper. It takes the place of the
// driver sandbox, so its documents may say how many nodes they want.
type paper struct{ clusters map[string]provisioner.Status }

func (paper) Name() string { return provisioner.DriverSandbox }

func (paper) Check(context.Context, provisioner.Document) []provisioner.Check {
	return []provisioner.Check{{Name: "paper", OK: true, Found: "a whole sheet"}}
}

func (p paper) Create(_ context.Context, d provisioner.Document, progress provisioner.Progress) (provisioner.Status, error) {
	name := d.Metadata.Name
	if _, taken := p.clusters[name]; taken {
		return provisioner.Status{}, provisioner.Exists(name)
	}
	s := provisioner.Status{Name: name, Driver: p.Name(), State: provisioner.StateReady, Created: time.Unix(0, 0).UTC()}
	err := provisioner.Step(progress, "draw nodes", func() error {
		for i := range d.Spec.Nodes {
			s.Nodes = append(s.Nodes, provisioner.Node{Name: fmt.Sprintf("%s-%d", name, i+1), Ready: true, Powered: true})
		}
		return nil
	})
	p.clusters[name] = s
	return s, err
}

func (p paper) List(context.Context) ([]provisioner.Status, error) {
	byName := func(a, b provisioner.Status) int { return strings.Compare(a.Name, b.Name) }
	return slices.SortedFunc(maps.Values(p.clusters), byName), nil
}

func (p paper) Show(_ context.Context, name string) (provisioner.Status, error) {
	s, ok := p.clusters[name]
	if !ok {
		return s, provisioner.NotFound(name)
	}
	return s, nil
}

func (p paper) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	_, err := p.Show(ctx, name)
	return []byte("kind: Config\n"), err
}

func (p paper) Destroy(ctx context.Context, name string, _ provisioner.Progress) error {
	_, err := p.Show(ctx, name)
	delete(p.clusters, name)
	return err
}

// printed is a Progress that prints the ends of steps.
type printed struct{ provisioner.Quiet }

func (printed) StepEnded(step string, err error) { fmt.Println(step+":", err) }

// A driver is joined with others by NewClusters, which checks before it creates and
// undoes what fails.
func ExampleDriver() {
	clusters := provisioner.NewClusters([]provisioner.Driver{paper{map[string]provisioner.Status{}}}, slog.New(slog.DiscardHandler))
	document := provisioner.NewDocument("demo")
	document.Spec.Nodes = 2
	for range 2 { // the second time there is nothing to do
		status, err := clusters.Create(context.Background(), document, provisioner.CreateOptions{}, printed{})
		fmt.Println(status.Name, status.State, len(status.Nodes), err)
	}
	document.Spec.Nodes = 3
	_, err := clusters.Plan(context.Background(), document)
	fmt.Println(err)
	fmt.Println(clusters.Destroy(context.Background(), "demo", provisioner.Quiet{}))
	// Output:
	// check this machine: <nil>
	// draw nodes: <nil>
	// demo ready 2 <nil>
	// demo ready 2 <nil>
	// cluster demo exists with 2 nodes, not 3
	// <nil>
}
