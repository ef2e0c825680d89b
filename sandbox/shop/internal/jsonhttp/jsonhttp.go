// Package jsonhttp reads and writes the JSON bodies of the shop's services.
package jsonhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// MaxBody bounds a request body, in bytes.
const MaxBody = 16 << 10

// Problem is the body of every answer that is not a success.
type Problem struct {
	Error string `json:"error"`
}

// Write answers with status and v as JSON. A client that has gone away is not
// an error of ours.
func Write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// Fail answers with status and a Problem.
func Fail(w http.ResponseWriter, status int, format string, args ...any) {
	Write(w, status, Problem{Error: fmt.Sprintf(format, args...)})
}

// Read decodes the request's body into v. It refuses unknown fields and bodies
// over MaxBody.
func Read(w http.ResponseWriter, r *http.Request, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("reading the JSON body: %w", err)
	}
	return nil
}
