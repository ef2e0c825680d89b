package record

import (
	"reflect"
	"time"
)

// Settle gives the record the times that its stored form has, so that whoever reads it
// measures the same: in UTC, and without readings of the monotonic clock. How far apart they
// are stays as that clock has measured it, also when the other one was set in between. It
// returns now among these times.
func (r *Record) Settle(now time.Time) time.Time {
	var base time.Time
	settle(reflect.ValueOf(r).Elem(), &base)
	return settled(now, &base)
}

// settle settles all times in a value. The first that has a reading of the monotonic clock
// becomes the base of the others.
func settle(v reflect.Value, base *time.Time) {
	switch v.Kind() { //nolint:exhaustive // no other kind holds a time
	case reflect.Struct:
		if t, is := reflect.TypeAssert[*time.Time](v.Addr()); is {
			*t = settled(*t, base)
			return
		}
		for _, field := range v.Fields() {
			if field.CanSet() {
				settle(field, base)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			settle(v.Index(i), base)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			settle(v.Elem(), base)
		}
	}
}

func settled(t time.Time, base *time.Time) time.Time {
	if t.Round(0) == t { //nolint:staticcheck // == sees the reading, Equal does not
		return t.UTC()
	}
	if base.IsZero() {
		*base = t
	}
	return base.Round(0).Add(t.Sub(*base)).UTC()
}
