package events

import (
	"context"
	"strings"
)

// ServiceState says whether a service runs in a server, and what it lacks if not.
type ServiceState struct {
	Name string `json:"name"`
	Runs bool   `json:"runs"`
	// Lacks is what the server was not given, and Advice how to give it.
	Lacks  string `json:"lacks,omitempty"`
	Advice string `json:"hint,omitempty"`
}

// ServicesAnswer are all services, in the order in which they are opened.
type ServicesAnswer struct {
	Services []ServiceState `json:"services"`
}

// ServiceListCall asks which services run. A server that was to run all of them answers it.
var ServiceListCall = ask[Nothing, ServicesAnswer]("v1.server.service.list")

// Explained is a Caller whose error says what a service lacks that does not run.
type Explained struct{ Caller }

// Call asks as the Caller does. Errors: as those of the Caller.
func (x Explained) Call(ctx context.Context, question Envelope) (Envelope, error) {
	answer, err := x.Caller.Call(ctx, question)
	if KindOf(err) != KindUnavailable {
		return answer, err
	}
	m := question.meta()
	m.ID += "-services"
	known, unknown := ServiceListCall.Ask(ctx, x.Caller, m, Nothing{})
	if unknown != nil {
		return answer, err // the first error is the one to report
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(question.Type, Prefix+"v1."), ".")
	for _, s := range known.Services {
		if s.Name == service && !s.Runs {
			return answer, Errorf(KindUnavailable, "restart shakedown up: "+s.Advice, "%s does not run in this server: it lacks %s", s.Name, s.Lacks)
		}
	}
	return answer, err
}
