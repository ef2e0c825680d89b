package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// HookKeys are the secrets of the webhook.
type HookKeys struct {
	// Shared speak for every project that has none of its own.
	Shared   []string
	Projects map[string][]string
}

// Of is a secret that speaks for the project, "" when there is none.
func (k HookKeys) Of(project string) string {
	own := k.Projects[project]
	if len(own) == 0 {
		own = k.Shared
	}
	if len(own) == 0 {
		return ""
	}
	return own[0]
}

// parseHookKeys reads secrets, one a line; before that of a project stands its name.
func parseHookKeys(text string) HookKeys {
	k := HookKeys{Projects: map[string][]string{}}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch len(words) {
		case 0:
		case 1:
			k.Shared = append(k.Shared, words[0])
		default:
			project, last := strings.Join(words[:len(words)-1], " "), words[len(words)-1]
			k.Projects[project] = append(k.Projects[project], last)
		}
	}
	return k
}

func hookKeys(file string, o Options) (HookKeys, error) {
	if file == "" {
		return ReadHookKeys(o.DataDir, o.NewID)
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return HookKeys{}, events.Errorf(events.KindNotFound, "check --hook-secret-file", "read webhook secrets: %w", err)
	}
	if len(strings.Fields(string(raw))) == 0 {
		return HookKeys{}, events.Errorf(events.KindInvalid, "write one secret a line", "read webhook secrets: %s is empty", file)
	}
	return parseHookKeys(string(raw)), nil
}

// ReadHookKeys reads the secrets in the data directory. The first call makes one.
func ReadHookKeys(dataDir string, newID func() string) (HookKeys, error) {
	path := filepath.Join(dataDir, "hook.secret")
	if raw, err := os.ReadFile(path); err == nil && len(strings.Fields(string(raw))) > 0 { //nolint:gosec // our own file
		return parseHookKeys(string(raw)), nil
	}
	secret := newID() + newID()
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return HookKeys{}, fmt.Errorf("make data directory: %w", err)
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return HookKeys{}, fmt.Errorf("write webhook secret: %w", err)
	}
	return HookKeys{Shared: []string{secret}}, nil
}
