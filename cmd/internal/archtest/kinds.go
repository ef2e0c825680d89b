package archtest

import (
	"go/ast"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a new reader's work, in files beside tests.
const (
	maxFaultKind = 2
	maxProbeKind = 2
	maxGuard     = 1
	maxService   = 9
)

// alsoNamed are the files that name a thing for a reason of their own, which a new one
// of its kind would not have.
func alsoNamed() map[string]string {
	return map[string]string{
		"disruption-budgets": "chaos/pod/evict.go",              // an eviction leaves this guard to the API server
		"no-other-run":       "chaos/begin.go",                  // a claim that was lost is a refusal by this guard
		"pod-kill":           "chaos/monkey/migrate/migrate.go", // what the tools do whose settings are read
	}
}

// faultKinds are the faults: constants that end in Name, each with the function in its
// file that makes a chaos.Kind.
func faultKinds(sources []source) (list []work) {
	found := constants(sources, "chaos", func(ident string) bool { return strings.HasSuffix(ident, "Name") })
	for _, ident := range slices.Sorted(maps.Keys(found)) {
		n := found[ident]
		for _, s := range sources {
			if s.folder() == n.folder && declares(s, ident) {
				n.idents = append(n.idents, makers(s, "chaos", "Kind")...)
			}
		}
		if len(n.idents) > 1 { // the other names are not those of faults
			files := slices.DeleteFunc(naming(sources, n), func(f string) bool { return f == alsoNamed()[n.text] })
			list = append(list, work{"the fault kind " + n.text, files, maxFaultKind})
		}
	}
	return list
}

// guards are the constants that begin with Guard.
func guards(sources []source) (list []work) {
	found := constants(sources, "chaos", func(ident string) bool { return strings.HasPrefix(ident, "Guard") })
	for _, ident := range slices.Sorted(maps.Keys(found)) {
		n := found[ident]
		files := slices.DeleteFunc(naming(sources, n), func(f string) bool { return f == alsoNamed()[n.text] })
		list = append(list, work{"the guard " + n.text, files, maxGuard})
	}
	return list
}

// probeKinds are the packages of experiments with a function that makes a probe.Kind.
// They are named by whoever calls it, and by code of the engine that knows the name.
func probeKinds(sources []source) (list []work) {
	for _, s := range sources {
		if s.isTest() || !s.isBelow("experiments") || len(makers(s, "probe", "Kind")) == 0 {
			continue
		}
		files := []string{s.path}
		n := name{folder: s.folder(), idents: makers(s, "probe", "Kind"), text: infoName(s)}
		for _, f := range naming(sources, n) {
			engine := strings.HasPrefix(f, "experiments/") && !makesProbes(sources, f)
			calls := namedBySelector(sources, f, n)
			if engine || calls {
				files = append(files, f)
			}
		}
		list = append(list, work{"the probe kind " + n.text, files, maxProbeKind})
	}
	return list
}

// makesProbes says whether the file is in a package of a kind of probes: one that has a
// word such as "http" does not know the kind of that name.
func makesProbes(sources []source, file string) bool {
	return slices.ContainsFunc(sources, func(s source) bool {
		return !s.isTest() && strings.HasPrefix(file, s.folder()+"/") && s.isBelow("experiments") && len(makers(s, "probe", "Kind")) > 0
	})
}

func namedBySelector(sources []source, file string, n name) bool {
	n.text = ""
	return !strings.HasPrefix(file, n.folder+"/") && slices.Contains(naming(sources, n), file)
}

// services are the rows of the table of services. To add one with one request takes
// the files that name its row, that of its topics and the six that every service has:
// doc.go, service.go and handler.go, the golden payload of the request and its line in
// the list of payloads, and a command with its line in the root.
func services(sources []source) (list []work) {
	const folder, always = "cmd/internal/app", 6
	for _, s := range sources {
		if s.isTest() || s.folder() != folder {
			continue
		}
		for _, maker := range makers(s, "", "Service") {
			files := naming(sources, name{folder: folder, idents: []string{maker}})
			files = append(files, topicFiles(sources, strings.TrimSuffix(maker, "Service"))...)
			list = append(list, work{"the service " + strings.TrimSuffix(maker, "Service"), files, maxService - always})
		}
	}
	return list
}

// topicFiles declare topics or calls that the service owns.
func topicFiles(sources []source, service string) (files []string) {
	for _, s := range sources {
		if s.isTest() || s.folder() != "events" {
			continue
		}
		owns := false
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			owns = owns || ok && strings.HasPrefix(lit.Value, `"v1.`+service+`.`)
			return !owns
		})
		if owns {
			files = append(files, s.path)
		}
	}
	return files
}

// declares says whether the file declares the constant.
func declares(s source, constant string) bool {
	for _, decl := range s.file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok {
			if _, found := stringsOf(d, "", func(i string) bool { return i == constant })[constant]; found {
				return true
			}
		}
	}
	return false
}

// makers are the functions of a file that return one value of the type alone.
func makers(s source, pkg, typeName string) (found []string) {
	for _, decl := range s.file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
			continue
		}
		switch t := fn.Type.Results.List[0].Type.(type) {
		case *ast.Ident:
			ok = pkg == "" && t.Name == typeName
		case *ast.SelectorExpr:
			from, isIdent := t.X.(*ast.Ident)
			ok = isIdent && from.Name == pkg && t.Sel.Name == typeName
		default:
			ok = false
		}
		if ok {
			found = append(found, fn.Name.Name)
		}
	}
	return found
}

// infoName is the text of a field Name in the file, which is how a kind of probes says
// what it is called.
func infoName(s source) (text string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, isName := pair.Key.(*ast.Ident)
		lit, isText := pair.Value.(*ast.BasicLit)
		if isName && key.Name == "Name" && isText && text == "" {
			text, _ = strconv.Unquote(lit.Value) // the compiler has read it
		}
		return true
	})
	return text
}
