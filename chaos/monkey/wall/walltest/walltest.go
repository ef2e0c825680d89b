// Package walltest reads zones and dates for tests, which end when one is wrong.
package walltest

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// Zone is the zone of the name.
func Zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := wall.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Date is a day such as "2027-06-01".
func Date(t testing.TB, text string) wall.Date {
	t.Helper()
	d, err := wall.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
