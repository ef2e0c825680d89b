package checksum

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func item(n uint64) Sum { return Sum{Items: 1, Bytes: 10, High: n, Low: math.MaxUint64 - n} }

func TestOrderDoesNotMatter(t *testing.T) {
	var a, b Sum
	for i := range uint64(1000) {
		a.Add(item(i))
		b.Add(item(999 - i))
	}
	if a != b || a.Items != 1000 || a.Bytes != 10_000 {
		t.Errorf("%+v is not %+v", a, b)
	}
}

func TestLess(t *testing.T) {
	whole := item(7)
	for i := range uint64(50) {
		whole.Add(item(i))
	}
	if got := whole.Less(item(7)); got.Items != 50 || got == whole {
		t.Errorf("without one item it is %+v", got)
	}
	again := whole.Less(item(7))
	again.Add(item(7))
	if again != whole {
		t.Errorf("%+v is not %+v", again, whole)
	}
}

func TestCarry(t *testing.T) {
	s := Sum{Low: math.MaxUint64}
	s.Add(Sum{Low: 1})
	if diff := cmp.Diff(Sum{High: 1}, s); diff != "" {
		t.Error(diff)
	}
}

func TestEqualItemsDoNotCancelOut(t *testing.T) {
	var twice Sum
	twice.Add(item(3))
	twice.Add(item(3))
	if twice.High == 0 && twice.Low == 0 {
		t.Error("two equal items are none")
	}
}

func TestReport(t *testing.T) {
	got := Sum{Items: 2, Bytes: 9, High: 2, Low: 3}.Report()
	want := datamove.Sum{Items: 2, Bytes: 9, Checksum: "00000000000000020000000000000003"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
