package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// work is what a new reader must touch to add one more of a kind of things, shown by
// those that are there: the files that name each.
type work struct {
	// what is "fault kind pod-kill"; files name it, most is the bound.
	what  string
	files []string
	most  int
}

// excess says that more files name it than may.
func (w work) excess() string {
	if len(w.files) <= w.most {
		return ""
	}
	return fmt.Sprintf("%s is named by %d files, want at most %d: %s", w.what, len(w.files), w.most, strings.Join(w.files, ", "))
}

// name is something that code calls by an identifier of a package or by its text.
type name struct {
	// folder is the package that declares the identifiers.
	folder string
	idents []string
	// text is the value of the constant, "" if only identifiers count.
	text string
}

// naming lists the files that name it, in order: by the identifiers within its
// package, by a selector or by the text elsewhere. Comments and tests do not count.
func naming(sources []source, n name) (files []string) {
	for _, s := range sources {
		if !s.isTest() && !s.isBelow("cmd/internal/demo") && names(s, n) {
			files = append(files, s.path)
		}
	}
	return files
}

func names(s source, n name) bool {
	found := false
	pkg := n.folder[strings.LastIndex(n.folder, "/")+1:]
	ast.Inspect(s.file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Ident:
			found = found || s.folder() == n.folder && slices.Contains(n.idents, node.Name)
		case *ast.SelectorExpr:
			from, ok := node.X.(*ast.Ident)
			found = found || ok && from.Name == pkg && slices.Contains(n.idents, node.Sel.Name) && s.folder() != n.folder && imports(s, n.folder)
		case *ast.BasicLit:
			text, err := strconv.Unquote(node.Value)
			found = found || node.Kind == token.STRING && err == nil && n.text != "" && text == n.text
		}
		return !found
	})
	return found
}

func imports(s source, folder string) bool {
	return slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(module+"/"+folder) })
}

// constants are the string constants of packages below the folder whose identifiers
// the filter takes, by identifier.
func constants(sources []source, folder string, filter func(ident string) bool) map[string]name {
	found := map[string]name{}
	for _, s := range sources {
		if s.isTest() || !s.isBelow(folder) {
			continue
		}
		for _, decl := range s.file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.CONST {
				maps.Copy(found, stringsOf(d, s.folder(), filter))
			}
		}
	}
	return found
}

func stringsOf(d *ast.GenDecl, folder string, filter func(string) bool) map[string]name {
	found := map[string]name{}
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, ident := range v.Names {
			if !filter(ident.Name) || i >= len(v.Values) {
				continue
			}
			if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value) // the compiler has read it
				found[ident.Name] = name{folder: folder, idents: []string{ident.Name}, text: text}
			}
		}
	}
	return found
}
