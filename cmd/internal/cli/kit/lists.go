package kit

import "reflect"

// withLists is a copy of the value in which lists that are nil are empty, so that JSON has
// [] for them: whoever reads a list need not ask whether there is one.
func withLists(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // a text, or JSON already
			return v
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(withLists(v.Index(i)))
		}
		return list
	case reflect.Struct:
		return fieldsWithLists(v)
	case reflect.Pointer, reflect.Interface:
		return innerWithLists(v)
	case reflect.Map:
		return valuesWithLists(v)
	default:
		return v
	}
}

func fieldsWithLists(v reflect.Value) reflect.Value {
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
			s.Field(i).Set(withLists(s.Field(i)))
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			fillFields(s.Field(i))
		}
	}
}

func innerWithLists(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	inner := withLists(v.Elem())
	if v.Kind() == reflect.Interface {
		return inner
	}
	p := reflect.New(v.Type().Elem())
	p.Elem().Set(inner)
	return p
}

func valuesWithLists(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	m := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range v.Seq2() {
		m.SetMapIndex(key, withLists(value))
	}
	return m
}
