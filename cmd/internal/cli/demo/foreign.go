package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
)

// foreign is a cluster that is not the demo's sandbox: what the demo made in it does not
// go with it.
type foreign struct {
	Kubeconfig string `json:"kubeconfig"`
	Context    string `json:"context,omitempty"`
}

// options are those of a process that removes what the demo made in the cluster.
func (f foreign) options() app.Options {
	return app.Options{Kubeconfig: f.Kubeconfig, Context: f.Context, Services: []string{"envs"}, Demo: true}
}

func foreignFile(data string) string { return filepath.Join(data, "demo", "cluster.json") }

// writeForeign notes the cluster before anything is made in it, for "demo down".
func writeForeign(data string, f foreign) error {
	path, err := filepath.Abs(f.Kubeconfig)
	f.Kubeconfig = path
	raw, encoding := json.Marshal(f)
	if err = errors.Join(err, encoding); err == nil {
		err = os.WriteFile(foreignFile(data), raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("note the cluster of the demo: %w", err)
	}
	return nil
}

// readForeign is the cluster that was noted, nil if the demo had none but its sandbox.
func readForeign(data string) (*foreign, error) {
	raw, err := os.ReadFile(foreignFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	f := new(foreign)
	if err == nil {
		err = json.Unmarshal(raw, f)
	}
	if err != nil {
		return nil, fmt.Errorf("read the cluster of the demo: %w", err)
	}
	return f, nil
}
