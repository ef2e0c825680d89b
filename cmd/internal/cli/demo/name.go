package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
)

func nameFile(data string) string { return filepath.Join(data, "demo", "environment") }

// ownName is the name of the demo's environment, which no other demo in the same cluster
// has. It is noted before anything is made, for "demo down".
func ownName(data string, newID func() string) (string, error) {
	name, err := readName(data)
	if err != nil || name != "" {
		return name, err
	}
	name = "shop-demo-" + events.Digest(newID())[:8]
	if err := os.WriteFile(nameFile(data), []byte(name), 0o600); err != nil {
		return "", fmt.Errorf("note the environment of the demo: %w", err)
	}
	return name, nil
}

// readName is the name that was noted, "" if a demo of an earlier version noted none.
func readName(data string) (string, error) {
	raw, err := os.ReadFile(nameFile(data))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the environment of the demo: %w", err)
	}
	return string(raw), nil
}

// divide finds the demo's environment by its name, and those that look like a demo's:
// they may be of an earlier version, or of somebody else.
func divide(all []events.Environment, name string) (own, alike []string) {
	for _, e := range all {
		switch {
		case e.Project != "shop" || e.Template != "shop":
		case e.Name == name:
			own = append(own, e.Name)
		default:
			alike = append(alike, e.Name)
		}
	}
	return own, alike
}
