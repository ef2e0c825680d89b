package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/shakedown-dev/shakedown/events"
)

// maxField bounds each value, in bytes. The longest image references are shorter.
const maxField = 512

// parseBuild reads the body. Errors: events.Problems, with a key for each field.
func parseBuild(body []byte) (events.BuildSucceeded, error) {
	var b events.BuildSucceeded
	if err := json.Unmarshal(body, &b); err != nil {
		return b, events.Problems{jsonProblem(err)}
	}
	return b, checkBuild(b).Err()
}

func jsonProblem(err error) events.Problem {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return events.Problem{Key: wrong.Field, Message: fmt.Sprintf("is a %s, want a %s", wrong.Value, wrong.Type)}
	}
	return events.Problem{Message: "the body is not a JSON object: " + err.Error()}
}

func checkBuild(b events.BuildSucceeded) events.Problems {
	var problems events.Problems
	add := func(key, message string) {
		if message != "" {
			problems = append(problems, events.Problem{Key: key, Message: message})
		}
	}
	add("project", required(b.Project))
	add("revision", required(b.Revision))
	add("template", required(b.Template))
	add("environment", plain(b.Environment))
	if len(b.Components) == 0 {
		add("components", "is required: the image that was built for each component")
	}
	for _, name := range slices.Sorted(maps.Keys(b.Components)) {
		add("components", required(name))
		if why := required(b.Components[name]); why != "" {
			add("components."+name, why)
			continue
		}
		problems.CheckImage("components."+name, b.Components[name])
	}
	return problems
}

func required(value string) string {
	if strings.TrimSpace(value) == "" {
		return "is required"
	}
	return plain(value)
}

func plain(value string) string {
	switch {
	case len(value) > maxField:
		return fmt.Sprintf("is longer than %d bytes", maxField)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "contains control characters"
	}
	return ""
}
