package webhook

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/shakedown-dev/shakedown/events"
)

// answer is the body of every answer: the event, or why there is none.
type answer struct {
	status int

	ID          string           `json:"id,omitempty"`
	Type        string           `json:"type,omitempty"`
	Correlation string           `json:"correlation,omitempty"`
	Error       string           `json:"error,omitempty"`
	Hint        string           `json:"hint,omitempty"`
	Problems    []events.Problem `json:"problems,omitempty"`
}

func refuse(status int, why, hint string) answer {
	return answer{status: status, Error: why, Hint: hint}
}

func invalid(err error) answer {
	a := refuse(http.StatusBadRequest, err.Error(), "")
	if problems, ok := errors.AsType[events.Problems](err); ok {
		a.Problems = problems
	}
	return a
}

func (a answer) write(w http.ResponseWriter) {
	raw, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	switch a.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(raw, '\n')) // the client is gone; there is nobody to tell
}
