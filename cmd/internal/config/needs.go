package config

import (
	"slices"

	"github.com/spf13/pflag"
)

// needs is the annotation of flags that do nothing without others.
const needs = "shakedown_needs"

// Need says that flags do nothing without another one of the set. Names that the set does
// not have are passed over.
func Need(flags *pflag.FlagSet, needed string, names ...string) {
	for _, name := range names {
		if f := flags.Lookup(name); f != nil {
			_ = flags.SetAnnotation(name, needs, append(f.Annotations[needs], needed)) // the flag is there
		}
	}
}

// Useless finds a flag of those that were given which does nothing, because the one that it
// needs has no value; "" if there is none. Values are those after Fill.
func Useless(flags *pflag.FlagSet, given []string) (name, needed string) {
	flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(given, f.Name) {
			return
		}
		for _, other := range f.Annotations[needs] {
			if o := flags.Lookup(other); o != nil && (o.Value.String() == "" || o.Value.String() == "false") {
				name, needed = f.Name, other
			}
		}
	})
	return name, needed
}

// Given are the flags that have a value of their own now: before Fill, those of the command
// line.
func Given(flags *pflag.FlagSet) (names []string) {
	flags.Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
