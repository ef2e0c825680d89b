package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// source is one Go file of this module.
type source struct {
	// path is relative to the module, with slashes.
	path  string
	lines int
	set   *token.FileSet
	file  *ast.File
}

// isTest says that the file belongs to tests: a test, or a package that only tests
// import.
func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || isForTests(s.folder()) || strings.HasSuffix(s.folder(), "test")
}

func (s source) folder() string { return path.Dir(s.path) }

// isBelow says whether the file is in the folder or below it.
func (s source) isBelow(folder string) bool { return strings.HasPrefix(s.path, folder+"/") }

// tree reads every Go file below the folder that was written by hand. Modules within
// it are left out.
func tree(folder string) (sources []source, err error) {
	err = filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipped(folder, name)
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		s, generated, err := read(folder, name)
		if err == nil && !generated {
			sources = append(sources, s)
		}
		return err
	})
	return sources, err
}

// skipped is fs.SkipDir for folders without code of this module.
func skipped(root, name string) error {
	base := filepath.Base(name)
	if name != root && strings.HasPrefix(base, ".") || base == "testdata" || base == "bin" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != root {
		return fs.SkipDir
	}
	return nil
}

func read(root, name string) (s source, generated bool, err error) {
	raw, err := os.ReadFile(name) //nolint:gosec // our own code
	if err != nil {
		return s, false, fmt.Errorf("read code: %w", err)
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return s, false, fmt.Errorf("read code: %w", err)
	}
	s = source{path: filepath.ToSlash(relative), lines: bytes.Count(raw, []byte("\n")), set: token.NewFileSet()}
	if s.file, err = parser.ParseFile(s.set, relative, raw, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return s, false, fmt.Errorf("read code: %w", err)
	}
	return s, ast.IsGenerated(s.file), nil
}
