package envs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// noteField is the document that is noted in the namespace.
const noteField = "metadata.annotations[" + AnnotationSpec + "]"

// compare lists the fields that would be changed: of labels, annotations and the spec,
// without what only the API server or a digest of ours says.
func compare(r Ref, p Preview) ([]events.EnvironmentChange, error) {
	is, err := leavesOf(p.Is)
	if err != nil {
		return nil, fmt.Errorf("read %s as it is: %w", r, err)
	}
	wanted, err := leavesOf(p.Wanted)
	if err != nil {
		return nil, fmt.Errorf("read %s as it would be: %w", r, err)
	}
	all := maps.Clone(is)
	maps.Copy(all, wanted)
	var found []events.EnvironmentChange
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if is[field] == wanted[field] {
			continue
		}
		change := events.EnvironmentChange{Verb: string(Update), Object: r.String(), Field: field}
		if isShown(field) {
			change.Is, change.Wanted = plainText(is[field]), plainText(wanted[field])
		}
		found = append(found, change)
	}
	return found, nil
}

// withoutNote leaves out that another document would be noted, where that shows in other
// changes.
func withoutNote(changes []events.EnvironmentChange) []events.EnvironmentChange {
	note := func(c events.EnvironmentChange) bool { return c.Field == noteField }
	if others := slices.DeleteFunc(slices.Clone(changes), note); len(others) > 0 {
		return others
	}
	return changes
}

// leavesOf are the values of an object by field, as JSON.
func leavesOf(raw []byte) (map[string]string, error) {
	var o struct {
		Metadata struct {
			Labels, Annotations map[string]any
		}
		Spec map[string]any
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	delete(o.Metadata.Annotations, AnnotationDigest)
	leaves := map[string]string{}
	flatten(leaves, "metadata.labels", o.Metadata.Labels)
	flatten(leaves, "metadata.annotations", o.Metadata.Annotations)
	flatten(leaves, "spec", o.Spec)
	return leaves, nil
}

// flatten puts the values below a field into leaves. A variable is one value, whatever
// it is made of, and so is a list of texts.
func flatten(leaves map[string]string, field string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			flatten(leaves, field+step(key), inner)
		}
	case []any:
		if isListOfValues(v) {
			leaves[field] = string(mustJSON(v))
			return
		}
		for i, name := range namesOf(v) {
			if at := field + "[" + name + "]"; strings.HasSuffix(field, ".env") {
				leaves[at] = string(mustJSON(v[i]))
			} else {
				flatten(leaves, at, v[i])
			}
		}
	default:
		leaves[field] = string(mustJSON(v))
	}
}

// step is a key in a path.
func step(key string) string {
	if strings.ContainsAny(key, "./") {
		return "[" + key + "]"
	}
	return "." + key
}

func isListOfValues(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(map[string]any); return ok })
}

// namesOf are the names of the items of a list, or their numbers where they have none of
// their own.
func namesOf(list []any) []string {
	names, numbers := make([]string, len(list)), make([]string, len(list))
	for i, item := range list {
		fields, _ := item.(map[string]any)
		names[i], _ = fields["name"].(string)
		numbers[i] = fmt.Sprint(i)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(names)))
	if len(distinct) < len(list) || slices.Contains(names, "") {
		return numbers
	}
	return names
}

// isShown says whether the values of a field may be seen by everybody: those that never
// hold a secret, whoever has set them.
func isShown(field string) bool {
	for _, own := range []string{
		AnnotationCreated, AnnotationTTL, AnnotationEnds, AnnotationProject, AnnotationTemplate, AnnotationRevision, AnnotationSeeded,
	} {
		if field == "metadata.annotations["+own+"]" {
			return true
		}
	}
	if strings.HasPrefix(field, "metadata.labels["+events.LabelPrefix) || strings.Contains(field, ".resources.") {
		return true
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	return strings.HasPrefix(field, "spec.") && slices.Contains([]string{
		"image", "replicas", "port", "targetPort", "containerPort", "protocol", "terminationGracePeriodSeconds",
	}, last)
}

// plainText is a value of JSON without the quotes of a text.
func plainText(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}
