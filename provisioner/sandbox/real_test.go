//go:build real

package sandbox

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
)

type fixed string

func (f fixed) Build(context.Context, provisioner.Progress, ...string) (map[string]string, error) {
	m := map[string]string{}
	for _, g := range allGroups() {
		m[g] = string(f)
	}
	return m, nil
}

type loud struct{ t *testing.T }

func (l loud) StepStarted(s string)          { l.t.Log(time.Now().Format("05.000"), "start", s) }
func (l loud) StepNote(s, n string)          {}
func (l loud) StepEnded(s string, err error) { l.t.Log(time.Now().Format("05.000"), "end", s, err) }

func TestUp(t *testing.T) {
	d, err := New(Config{DataDir: os.Getenv("SBDATA"), Builder: fixed("/work/helpers/sandbox-bin"), Now: time.Now, Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SBDOWN") != "" {
		if err := d.Destroy(t.Context(), "demo", loud{t}); err != nil {
			t.Fatal(err)
		}
		return
	}
	s, err := d.Create(t.Context(), provisioner.Document{Metadata: provisioner.Metadata{Name: "demo"}, Spec: provisioner.Spec{Nodes: 3}}, loud{t})
	t.Logf("%+v %v", s, err)
}
