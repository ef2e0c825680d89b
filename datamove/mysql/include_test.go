package mysql

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
)

// TestIncludeThatFitsNothing: a misspelled name is not the same as an empty table.
func TestIncludeThatFitsNothing(t *testing.T) {
	source := &schema{
		databases: []databaseInfo{{name: "shop", names: map[string]bool{"orders": true, "items": true, "totals": true}}},
		tables:    []*table{{database: "shop", name: "orders", engine: "InnoDB"}},
		events:    []object{{kind: kindEvent, database: "shop", name: "nightly"}},
	}
	for glob, fits := range map[string]bool{
		"orders": true, "shop.orders": true, "ord*": true, "shop.*": true, "*": true, "totals": true, "nightly": true,
		"ordres": false, "Orders": false, "shop": false, "crm.*": false, "shop.orders.x": false,
	} {
		p := inspector{source: source, job: datamove.Job{Store: datamove.Store{Include: []string{"orders", glob}}}}
		p.globs()
		verify := run{schema: source, job: p.job}
		if err := verify.fitting(); (err == nil) != fits {
			t.Errorf("%q: to compare ends with %v", glob, err)
		}
		switch {
		case fits && len(p.findings) > 0:
			t.Errorf("%q: %+v", glob, p.findings)
		case !fits && (len(p.findings) != 1 || p.findings[0].Severity != datamove.Refusal || !strings.Contains(p.findings[0].Message, glob)):
			t.Errorf("%q: %+v, want that it is refused", glob, p.findings)
		}
	}
	p := inspector{source: source, job: datamove.Job{Store: datamove.Store{Exclude: []string{"totals", "totls"}}}}
	p.globs()
	if len(p.findings) != 1 || p.findings[0].Severity != datamove.Warning || !strings.Contains(p.findings[0].Message, "totls") {
		t.Errorf("excluded: %+v, want a warning", p.findings)
	}
}
