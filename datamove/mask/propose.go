package mask

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// Propose makes rules for the fields that look personal, in the order of the fields.
// Fields that hold JSON get a rule for every personal value inside.
func Propose(fields []datamove.Field) (rules []datamove.Rule) {
	for _, f := range expand(fields) {
		if found, personal := Classify(f); personal {
			rules = append(rules, ruleFor(found))
		}
	}
	return rules
}

func ruleFor(found Finding) datamove.Rule {
	f := found.Field
	r := datamove.Rule{As: found.As, Unique: f.Unique}
	field, path := splitPath(f.Path)
	r.Path = path
	switch f.Store {
	case datamove.StoreRedis:
		r.Key, r.Field = f.Name, field
	case datamove.StoreS3:
		r.Object = f.Name
		if !strings.Contains(f.Name, "*") {
			r.Object = literal(f.Name) + "*"
		}
	default:
		r.Column = literal(f.Name)
	}
	return r
}

// literal is a glob that only the name itself fits.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(name)
}

// Unclassified are the fields that look personal and of which no rule says anything,
// not even keep. The policy may be nil.
func Unclassified(p *Policy, fields []datamove.Field) (findings []Finding) {
	for _, f := range expand(fields) {
		if found, personal := Classify(f); personal && (p == nil || !p.classifies(f)) {
			findings = append(findings, found)
		}
	}
	return findings
}

// classifies says whether a rule says something of every value of the field.
func (p *Policy) classifies(f datamove.Field) bool {
	field, path := splitPath(f.Path)
	steps, err := parsePath(path)
	for i := range p.rules {
		r := &p.rules[i]
		if !r.covers(f, field) {
			continue
		}
		if r.path == nil || path != "" && err == nil && leads(r.path, steps) {
			return true
		}
	}
	return false
}

// covers says whether the rule is for all places that the field stands for.
func (r *rule) covers(f datamove.Field, field string) bool {
	switch f.Store {
	case datamove.StoreRedis:
		return r.Key != "" && fitsAll(r.Key, f.Name) && (r.Field == "" || field != "" && datamove.Fits(r.Field, field))
	case datamove.StoreS3:
		return r.Object != "" && fitsAll(r.Object, strings.TrimSuffix(f.Name, "*")+"*")
	}
	return r.Column != "" && datamove.Fits(r.Column, f.Name)
}

// fitsAll says whether a glob fits what a pattern of keys stands for: its stars are put
// in as texts that only a star of the glob can fit.
func fitsAll(glob, pattern string) bool {
	for _, odd := range []string{"\x00", "\x00\x01:/\x01\x00"} {
		if !datamove.Fits(glob, strings.ReplaceAll(pattern, "*", odd)) {
			return false
		}
	}
	return true
}

// leads says whether a rule's path is the path or above it.
func leads(rule, path []step) bool {
	if len(rule) > len(path) {
		return false
	}
	for i, s := range rule {
		if !s.any && s != path[i] {
			return false
		}
	}
	return true
}

// Missing are the rules for columns that none of the fields fits; these must be all
// columns of all stores that the rules are for. A nil policy misses nothing.
func (p *Policy) Missing(fields []datamove.Field) (problems []events.Problem) {
	if p == nil {
		return nil
	}
	for i := range p.rules {
		r := &p.rules[i]
		fits := func(f datamove.Field) bool {
			return (f.Store == datamove.StoreMySQL || f.Store == "") && datamove.Fits(r.Column, f.Name)
		}
		if r.Column != "" && !slices.ContainsFunc(fields, fits) {
			problems = append(problems, events.Problem{
				Key: fmt.Sprintf("spec.masking.rules[%d].column", i), Message: fmt.Sprintf("%q fits no column of the source", r.Column),
			})
		}
	}
	return problems
}

// expand takes fields that hold JSON apart into the values inside.
func expand(fields []datamove.Field) (all []datamove.Field) {
	for _, f := range fields {
		inside, ok := insideOf(f)
		if !ok {
			all = append(all, f)
			continue
		}
		for _, path := range slices.Sorted(maps.Keys(inside)) {
			all = append(all, datamove.Field{Store: f.Store, Name: f.Name, Path: f.Path + path, Samples: inside[path]})
		}
	}
	return all
}

// insideOf is the samples of every path, when every sample is a JSON object or array.
func insideOf(f datamove.Field) (paths map[string][]string, ok bool) {
	if strings.Contains(f.Path, "$") {
		return nil, false
	}
	paths = map[string][]string{}
	for _, s := range f.Samples {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		var v any
		if s[0] != '{' && s[0] != '[' || json.Unmarshal([]byte(s), &v) != nil {
			return nil, false
		}
		collect(paths, "$", v)
	}
	return paths, len(paths) > 0
}

// mostInside bounds how many paths of one field are inspected.
const mostInside = 1000

func collect(paths map[string][]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			collect(paths, path+stepText(name), v[name])
		}
	case []any:
		for _, element := range v {
			collect(paths, path+"[*]", element)
		}
	case string:
		addSample(paths, path, v)
	case float64:
		addSample(paths, path, strconv.FormatFloat(v, 'f', -1, 64))
	}
}

func addSample(paths map[string][]string, path, sample string) {
	if _, known := paths[path]; known || len(paths) < mostInside {
		paths[path] = append(paths[path], sample)
	}
}

// stepText is a name as a step of a path.
func stepText(name string) string {
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			return "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "']"
		}
	}
	if name == "" {
		return "['']"
	}
	return "." + name
}
