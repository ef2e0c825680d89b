package nats

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

const root = "../.."

// folders are where the code of each user is; those of people share theirs.
func folders() map[string]string {
	return map[string]string{
		"envs": "envs", "datamove": "datamove", "chaos": "chaos", "experiments": "experiments", "monkey": "chaos/monkey", "notify": "chaos/notify", "provisioner": "provisioner",
		"webhook": "events/webhook", "operator": "cmd/internal/cli",
	}
}

// uses are the topics and calls that code names, by what it does with them: the method that
// is called, "" for any other use.
type uses map[string][]string

// of are the names that were used in one of the ways, all for none, each once.
func (u uses) of(suffix string, ways ...string) []string {
	var names []string
	for way, list := range u {
		if len(ways) == 0 || slices.Contains(ways, way) {
			names = append(names, list...)
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, suffix) })
	slices.Sort(names)
	return slices.Compact(names)
}

// read finds the uses in the code below the folder, tests and helpers of tests aside.
func read(t *testing.T, folder string) uses {
	t.Helper()
	found := uses{}
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasSuffix(path, "test") || isOthers(folder, path)) {
			return cmp.Or(err, fs.SkipDir)
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			found.add(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// isOthers says whether the path, below the folder of a user, is that of another one.
func isOthers(folder, path string) bool {
	for _, other := range folders() {
		if other != folder && path == filepath.Join(root, other) {
			return true
		}
	}
	return false
}

func (u uses) add(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		outer, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name := named(outer); name != "" {
			u[""] = append(u[""], name)
			return false
		}
		if name := named(outer.X); name != "" {
			u[outer.Sel.Name] = append(u[outer.Sel.Name], name)
			return false
		}
		return true
	})
}

// named is the topic or call of package events that the expression is, "" for others.
func named(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	from, ok := s.X.(*ast.Ident)
	if name := s.Sel.Name; ok && from.Name == "events" && isWire(name) {
		return name
	}
	return ""
}

// isWire says whether a variable of that name is a topic or a call.
func isWire(name string) bool {
	return strings.HasSuffix(name, "Topic") && name != "Topic" || strings.HasSuffix(name, "Call") && name != "Call"
}

// wire are the types of all topics and calls by the names of their variables, as the source
// declares them.
func wire(t *testing.T) map[string]string {
	t.Helper()
	sources, err := fs.Glob(os.DirFS(root), "events/*.go")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, source), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok {
				declare(types, v)
			}
			return true
		})
	}
	return types
}

func declare(types map[string]string, v *ast.ValueSpec) {
	for i, value := range v.Values {
		made, ok := value.(*ast.CallExpr)
		if !ok || len(made.Args) == 0 || i >= len(v.Names) {
			continue
		}
		name, isText := made.Args[0].(*ast.BasicLit)
		if ident := v.Names[i].Name; isText && isWire(ident) {
			types[ident] = "shakedown." + strings.Trim(name.Value, `"`)
		}
	}
}

func typesOf(wire map[string]string, names []string) (types []string) {
	for _, name := range names {
		types = append(types, wire[name])
	}
	slices.Sort(types)
	return types
}

func sorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// without is the list without what is in the others.
func without(list []string, others ...[]string) []string {
	left := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(slices.Concat(others...), s) })
	if len(left) == 0 {
		return nil
	}
	return left
}

// TestRowsAreWhatTheCodeDoes: each row names the topics and calls of the code of its
// service, and no others.
func TestRowsAreWhatTheCodeDoes(t *testing.T) {
	types := wire(t)
	for _, u := range Users() {
		folder, ok := folders()[u.Name]
		if !ok || !u.Serves {
			continue
		}
		code := read(t, folder)
		same := func(what string, want, got []string) {
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s (-code +row):\n%s", u.Name, what, diff)
			}
		}
		named := func(suffix string, ways ...string) []string { return typesOf(types, code.of(suffix, ways...)) }
		watched := without(named("Topic", "Type", "Parse"), u.Publishes, u.Takes)
		if (len(watched) > 0) != u.Watches {
			t.Errorf("%s watches %v", u.Name, watched)
		}
		same("topics", named("Topic"), sorted(u.Publishes, u.Takes, watched))
		same("calls", named("Call"), sorted(u.Asks, u.Answers))
		same("not published", nil, without(named("Topic", "Publish"), u.Publishes))
		same("not taken", nil, without(named("Topic", "Subscribe", "SubscribeWith", "Begin"), u.Takes))
		same("not asked", nil, without(named("Call", "Ask"), u.Asks))
		same("not answered", nil, without(named("Call", "Answer", "Begin"), u.Answers))
	}
}

// isRequest says whether the service that owns the topic takes its events.
func isRequest(topic string) bool {
	owner := strings.Split(topic, ".")[2]
	return slices.ContainsFunc(Users(), func(u User) bool { return u.Name == owner && slices.Contains(u.Takes, topic) })
}

// TestPeopleAskForAll: the operator may publish what a command requests, and ask every
// call but those between services; the others may ask what changes nothing. Each call is the one or the other.
func TestPeopleAskForAll(t *testing.T) {
	types := wire(t)
	var calls, requests []string
	for name, text := range types {
		if strings.HasSuffix(name, "Call") {
			calls = append(calls, text)
		}
	}
	commands := read(t, folders()["operator"])
	for _, text := range typesOf(types, commands.of("Topic")) {
		if isRequest(text) {
			requests = append(requests, text)
		}
	}
	if diff := gocmp.Diff(sorted(calls), sorted(operator().Asks, between())); diff != "" {
		t.Errorf("calls (-declared +of the operator, or between services):\n%s", diff)
	}
	if len(reading())+len(changing())+len(between()) != len(calls) {
		t.Error("a call is in two lists")
	}
	if diff := gocmp.Diff(sorted(requests), sorted(operator().Publishes)); diff != "" {
		t.Errorf("requests (-of commands +of the operator):\n%s", diff)
	}
	if p := people(); p.Publishes != nil || p.Letters || p.Serves || p.Buckets != nil {
		t.Errorf("who shows something may do more: %+v", p)
	}
}

// TestEveryTopicHasItsRows: somebody publishes each topic, and somebody answers each call.
func TestEveryTopicHasItsRows(t *testing.T) {
	published, answered := shared(), append(shared(), events.ServiceListCall.Type())
	for _, u := range Users() {
		published, answered = append(published, u.Publishes...), append(answered, u.Answers...)
	}
	for name, text := range wire(t) {
		if by := map[bool][]string{true: published, false: answered}[strings.HasSuffix(name, "Topic")]; !slices.Contains(by, text) {
			t.Errorf("%s (%s) is in no row", name, text)
		}
	}
}
