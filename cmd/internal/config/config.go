// Package config resolves settings: a flag wins over the environment, that over
// the configuration file, that over the default. Every flag of every command has
// its variable and its key in the file by one rule, so nothing is listed twice.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/shakedown-dev/shakedown/events"
)

// prefix begins the name of every variable of ours.
const prefix = "SHAKEDOWN_"

// IsVariable says whether a name of an environment variable is one of ours.
func IsVariable(name string) bool { return strings.HasPrefix(name, prefix) }

// Variable is the environment variable of a flag: data-dir has SHAKEDOWN_DATA_DIR.
func Variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// File is the configuration file that is read when no flag names another:
// shakedown/config.yaml below $XDG_CONFIG_HOME or $HOME/.config. It may be absent.
func File(env func(string) string) string {
	dir := env("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(env("HOME"), ".config")
	}
	return filepath.Join(dir, "shakedown", "config.yaml")
}

// Load reads a configuration file: a map from the names of flags to values. A
// file that is not there is empty unless it must exist.
func Load(path string, must bool) (map[string]string, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if errors.Is(err, fs.ErrNotExist) && !must {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, events.Errorf(events.KindNotFound, "check the path given with --config", "read configuration: %w", err)
	}
	values := map[string]string{}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, events.Errorf(events.KindInvalid, "write one `flag: value` a line", "read configuration %s: %w", path, err)
	}
	return values, nil
}

// Fill sets every flag that was not given on the command line from its variable,
// else from the file. It reports all values that do not fit.
func Fill(flags *pflag.FlagSet, env func(string) string, file map[string]string) error {
	var errs []error
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed || flag.Name == "help" {
			return
		}
		value, origin := env(Variable(flag.Name)), Variable(flag.Name)
		if value == "" {
			value, origin = file[flag.Name], "the configuration file"
		}
		if value == "" {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s for --%s: %w", origin, flag.Name, err))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return events.Errorf(events.KindInvalid, "", "read settings: %w", err)
	}
	return nil
}
