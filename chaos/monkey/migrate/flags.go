package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// flags are values by the names of flags.
type flags map[string]string

// take is the value of a flag, which is then done with.
func (f flags) take(name string) string {
	value := f[name]
	delete(f, name)
	return value
}

// switches are the flags of chaoskube that have no value.
func switches() []string {
	return []string{"dry-run", "no-dry-run", "debug", "dynamic-interval", "client-namespace-scope"}
}

// readFlags reads a command line; its first word may be the program.
func readFlags(args []string) (flags, error) {
	found := flags{}
	if len(args) > 0 && strings.HasSuffix(args[0], "chaoskube") {
		args = args[1:]
	}
	for i := 0; i < len(args); i++ {
		name, dashed := strings.CutPrefix(args[i], "--")
		if !dashed || name == "" {
			return nil, fmt.Errorf("%q is not a flag of chaoskube", args[i])
		}
		name, value, has := strings.Cut(name, "=")
		switch {
		case has:
		case slices.Contains(switches(), name):
			value = "true"
		case i+1 == len(args):
			return nil, fmt.Errorf("the flag --%s has no value", name)
		default:
			i++
			value = args[i]
		}
		if old, twice := found[name]; twice { // those that may be repeated are lists
			value = old + "," + value
		}
		found[name] = value
	}
	return found, nil
}
