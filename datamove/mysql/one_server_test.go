package mysql

import (
	"context"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// saying is a connection to a server that says this of itself.
type saying struct {
	driver.Conn
	names, values []string
}

func (s saying) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &said{s, 0}, nil
}

type said struct {
	saying
	next int
}

func (*said) Columns() []string { return []string{"Variable_name", "Value"} }
func (*said) Close() error      { return nil }

func (s *said) Next(row []driver.Value) error {
	if s.next == len(s.names) {
		return io.EOF
	}
	row[0], row[1] = []byte(s.names[s.next]), []byte(s.values[s.next])
	s.next++
	return nil
}

func TestOneServer(t *testing.T) {
	none := saying{}
	a := saying{names: []string{"hostname", "port"}, values: []string{"a", "3306"}}
	b := saying{names: []string{"hostname", "port"}, values: []string{"b", "3306"}}
	nameless := saying{names: []string{"hostname", "port"}, values: []string{"", ""}}
	for _, tc := range []struct {
		name string
		all  []saying
		good bool
	}{
		{"the same", []saying{a, a, a}, true},
		{"another", []saying{a, a, b}, false},
		{"one that says nothing", []saying{none}, false},
		{"one that says nothing later", []saying{a, none}, false},
		{"one that has nothing to say", []saying{nameless}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var one oneServer
			var err error
			for _, conn := range tc.all {
				if err == nil {
					err = one.check(t.Context(), conn, "db:3306")
				}
			}
			if (err == nil) != tc.good || err != nil && events.KindOf(err) != events.KindRefused {
				t.Errorf("error %v", err)
			}
		})
	}
}
