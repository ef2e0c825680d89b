// Package lists makes lists of values that are about to be written as JSON.
package lists

import "reflect"

// Filled is a copy of the value in which lists that are nil are empty, wherever they are, so
// that JSON has [] for them: whoever reads a list need not ask whether there is one.
func Filled(value any) any {
	if value == nil {
		return nil
	}
	return filled(reflect.ValueOf(value)).Interface()
}

func filled(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // a text, or JSON already
			return v
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(filled(v.Index(i)))
		}
		return list
	case reflect.Struct:
		return fieldsFilled(v)
	case reflect.Pointer, reflect.Interface:
		return innerFilled(v)
	case reflect.Map:
		return valuesFilled(v)
	default:
		return v
	}
}

func fieldsFilled(v reflect.Value) reflect.Value {
	s := reflect.New(v.Type()).Elem()
	s.Set(v)
	fillFields(s)
	return s
}

// fillFields fills the fields that JSON shows, also those of a struct that is embedded.
func fillFields(s reflect.Value) {
	for i := range s.NumField() {
		f := s.Type().Field(i)
		switch {
		case f.IsExported():
			s.Field(i).Set(filled(s.Field(i)))
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			fillFields(s.Field(i))
		}
	}
}

func innerFilled(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	inner := filled(v.Elem())
	if v.Kind() == reflect.Interface {
		return inner
	}
	p := reflect.New(v.Type().Elem())
	p.Elem().Set(inner)
	return p
}

func valuesFilled(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	m := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range v.Seq2() {
		m.SetMapIndex(key, filled(value))
	}
	return m
}
