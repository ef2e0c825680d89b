package events

import (
	"testing"
	"time"
)

func TestBoundsInWords(t *testing.T) {
	second := Duration(time.Second)
	for _, tc := range []struct {
		bounds Bounds
		want   string
	}{
		{Bounds{Least: 3200 * second / 1000, Most: new(4600 * second / 1000)}, "3.2 to 4.6 s"},
		{Bounds{Least: 7500 * second / 1000}, "at least 7.5 s"},
		{Bounds{Most: new(2 * second)}, "at most 2 s"},
		{Bounds{Least: 2 * second, Most: new(2 * second)}, "2 s"},
		{Bounds{Least: 1351 * second / 1000, Most: new(1358 * second / 1000)}, "1.35 to 1.36 s"},
		{Bounds{Least: 1351 * second / 1000, Most: new(1352 * second / 1000)}, "1.35 s"},
		{Bounds{Most: new(Duration(0))}, "0 s"},
		{Bounds{Least: 50 * second, Most: new(70 * second)}, "50 s to 1m10s"},
	} {
		if got := tc.bounds.String(); got != tc.want {
			t.Errorf("%+v is %q, want %q", tc.bounds, got, tc.want)
		}
	}
	b := Bounds{Least: second, Most: new(3 * second)}
	for d, want := range map[time.Duration][2]bool{0: {false, true}, time.Second: {false, false}, 3 * time.Second: {true, false}} {
		if got := [2]bool{b.Within(d), b.Beyond(d)}; got != want {
			t.Errorf("%s within and beyond %s: %v, want %v", b, d, got, want)
		}
	}
	if (Bounds{Least: second}).Within(time.Hour) {
		t.Error("what has no end is within an hour")
	}
}
