package mysql

import (
	"slices"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// schema is what databases consist of, rows aside.
type schema struct {
	databases []databaseInfo
	tables    []*table
	sequences []object
	routines  []object
	views     []object
	triggers  []object
	events    []object
	// ledgers are the databases that hold the ledger of a copy into them.
	ledgers []string
}

// databaseInfo is a database and its defaults.
type databaseInfo struct {
	name, charset, collation string
	// names are those of everything in it, also of what the filter leaves out.
	names map[string]bool
	// invalid are the views that do not work.
	invalid map[string]bool
}

// The kinds of objects.
const (
	kindView        = "view"
	kindTrigger     = "trigger"
	kindProcedure   = "procedure"
	kindFunction    = "function"
	kindPackage     = "package"
	kindPackageBody = "package body"
	kindEvent       = "event"
	kindSequence    = "sequence"
)

// object is something beside tables, with all that its text depends on.
type object struct {
	kind, database, name string
	// table is that of a trigger.
	table string
	// create is the text of SHOW CREATE in the bytes of charset, the client's when it
	// was made. It is empty when it is not available; problem says why.
	create, problem string
	charset         string
	// connection is the collation of literals without one of their own.
	connection        string
	databaseCollation string
	sqlMode           string
	timeZone          string
	// invalid views name something that is not there, or a definer without rights.
	invalid bool
	// state is the row of a sequence.
	state record
}

func (o object) id() string { return o.database + "." + o.name }

// quoted is its name with its database, such that no two have the same.
func (o object) quoted() string { return syntax.QuoteName(o.database) + "." + syntax.QuoteName(o.name) }

func (o object) dialect() syntax.Dialect { return syntax.DialectOf(o.sqlMode, o.charset) }

// database finds the facts of a database.
func (s *schema) database(name string) databaseInfo {
	i := slices.IndexFunc(s.databases, func(d databaseInfo) bool { return d.name == name })
	if i < 0 {
		return databaseInfo{name: name}
	}
	return s.databases[i]
}

// knows is for moveDatabase.
func (s *schema) knows(database string) func(string) bool {
	names := s.database(database).names
	return func(name string) bool { return names[name] }
}

// objects are all but tables, in the order in which they can be made.
func (s *schema) objects() []object {
	return slices.Concat(s.sequences, s.routines, s.views, s.triggers, s.events)
}

// fits says whether a glob fits anything in the databases, also what the filter leaves out.
func (s *schema) fits(glob string) bool {
	only := datamove.Filter{Include: []string{glob}}
	for _, d := range s.databases {
		for name := range d.names {
			if includes(only, d.name, name) {
				return true
			}
		}
	}
	return slices.ContainsFunc(s.objects(), func(o object) bool { return includes(only, o.database, o.name) })
}

// table finds a table, nil when it is not there.
func (s *schema) table(database, name string) *table {
	for _, t := range s.tables {
		if t.database == database && t.name == name {
			return t
		}
	}
	return nil
}
