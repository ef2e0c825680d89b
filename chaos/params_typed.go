package chaos

import (
	"encoding/json"
	"fmt"
)

// Flag is a parameter that is true or false.
func Flag[T any](name, description string, set func(*T, bool)) Param[T] {
	return Param[T]{
		Name: name, Schema: Schema{Type: "boolean", Description: description},
		Read: func(raw json.RawMessage, into *T) error {
			var on bool
			if err := json.Unmarshal(raw, &on); err != nil {
				return fmt.Errorf("is %.40s, want true or false", raw)
			}
			set(into, on)
			return nil
		},
	}
}

// Count is a parameter that is a whole number, least or more.
func Count[T any](name, description string, least int, set func(*T, int)) Param[T] {
	return Param[T]{
		Name: name, Schema: Schema{Type: "integer", Description: description},
		Read: func(raw json.RawMessage, into *T) error {
			var n int
			if err := json.Unmarshal(raw, &n); err != nil || n < least {
				return fmt.Errorf("is %.40s, want a whole number of %d or more", raw, least)
			}
			set(into, n)
			return nil
		},
	}
}

// Text is a parameter that is a text; check says what is wrong with it.
func Text[T any](name, description string, check func(string) error, set func(*T, string)) Param[T] {
	return Param[T]{
		Name: name, Schema: Schema{Type: "string", Description: description},
		Read: func(raw json.RawMessage, into *T) error {
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return fmt.Errorf("is %.40s, want a text", raw)
			}
			if err := check(text); err != nil {
				return err
			}
			set(into, text)
			return nil
		},
	}
}
