package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shakedown-dev/shakedown/events"
)

// maxFile bounds a spec file, in bytes.
const maxFile = 4 << 20

// Validator is a document of a service. Validate reports all that is wrong with
// it, each with its key.
type Validator interface {
	Validate() events.Problems
}

// Document is one document of a file. Value is what the kind's constructor
// made, a pointer, filled in; Name is what it calls itself.
type Document struct {
	Where string
	Kind  string
	Name  string
	Value Validator
}

// named is a document with a header.
type named interface{ DocumentName() string }

// Reader reads the kinds it knows.
type Reader struct {
	// Kinds maps a kind to a constructor that returns a pointer to an empty document.
	Kinds map[string]func() Validator
	// Stdin is read for the path "-".
	Stdin io.Reader
}

// Read reads files, folders (all .yaml and .yml files in them, not deeper) and
// "-". It returns every document, or an *events.Error of KindInvalid or
// KindNotFound whose message has all problems of all files.
func (r Reader) Read(paths ...string) ([]Document, error) {
	var documents []Document
	var problems events.Problems
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found, wrong, err := r.file(file)
			if err != nil {
				return nil, err
			}
			documents = append(documents, found...)
			problems = append(problems, wrong...)
		}
	}
	if len(problems) > 0 {
		return nil, events.Errorf(events.KindInvalid, hint(problems), "%w", problems)
	}
	return documents, nil
}

func hint(problems events.Problems) string {
	if len(problems) == 1 {
		return "mend the line named above; `shakedown schema KIND` shows what may stand there"
	}
	return fmt.Sprintf("mend the %d lines named above; `shakedown schema KIND` shows what may stand there", len(problems))
}

func expand(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, events.Errorf(events.KindNotFound, "check the path given with -f", "read specs: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	return specsIn(path)
}

// specsIn are the YAML files of a folder.
func specsIn(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, events.Errorf(events.KindInternal, "check the rights on the folder", "read specs: %w", err)
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, events.Errorf(events.KindNotFound, "put .yaml files there, or name a file", "read specs: no .yaml file in %s", path)
	}
	return files, nil
}

func (r Reader) file(path string) ([]Document, events.Problems, error) {
	raw, err := r.load(path)
	if err != nil {
		return nil, nil, events.Errorf(events.KindNotFound, "check the path and the rights on it", "read specs: %w", err)
	}
	if len(raw) > maxFile {
		return nil, events.Problems{{Where: path, Message: fmt.Sprintf("is over %d bytes", maxFile)}}, nil
	}
	documents, problems := r.Parse(path, raw)
	return documents, problems, nil
}

func (r Reader) load(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(r.Stdin, maxFile+1))
	}
	return os.ReadFile(path) //nolint:gosec // the user names the file
}

// Parse reads the documents of one file's content. Name stands in problems.
func (r Reader) Parse(name string, raw []byte) ([]Document, events.Problems) {
	var documents []Document
	var problems events.Problems
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, append(problems, syntaxProblem(name, err))
		}
		if node.Content[0].Tag == "!!null" { // nothing but comments, as before or after the last "---"
			continue
		}
		doc, wrong := r.document(name, node.Content[0])
		problems = append(problems, wrong...)
		if len(wrong) == 0 {
			documents = append(documents, doc)
		}
	}
	if len(documents) == 0 && len(problems) == 0 {
		problems = events.Problems{{Where: name, Message: "has no document"}}
	}
	return documents, problems
}

// syntaxProblem turns "yaml: line 3: did not find ..." into file:line and reason.
func syntaxProblem(name string, err error) events.Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(message, "line %d:", &line); n == 1 {
		_, message, _ = strings.Cut(message, ": ")
		name = fmt.Sprintf("%s:%d", name, line)
	}
	return events.Problem{Where: name, Message: "is not valid YAML: " + message}
}

type header struct {
	apiVersion, kind string
}

func (r Reader) document(name string, node *yaml.Node) (Document, events.Problems) {
	d := newDecoder(name)
	h := readHeader(node)
	if node.Kind != yaml.MappingNode {
		d.fail(node, "", "is a %s, want a document with apiVersion, kind, metadata and spec", kindName(node))
		return Document{}, d.problems
	}
	if h.apiVersion != events.APIVersion {
		d.fail(node, "apiVersion", "is %q, want %q", h.apiVersion, events.APIVersion)
	}
	construct, ok := r.Kinds[h.kind]
	if !ok {
		d.fail(node, "kind", "is %q, want one of %s", h.kind, strings.Join(r.kinds(), ", "))
	}
	if len(d.problems) > 0 {
		return Document{}, d.problems
	}
	value := construct()
	if i, ok := value.(Inliner); ok {
		d.inline = i.Inline
	}
	d.value(node, reflect.ValueOf(value).Elem(), "")
	if len(d.problems) == 0 {
		d.problems = d.locate(value.Validate())
	}
	document := Document{Where: d.where(node.Line), Kind: h.kind, Value: value}
	if n, ok := value.(named); ok {
		document.Name = n.DocumentName()
	}
	return document, d.problems
}

func (r Reader) kinds() []string { return slices.Sorted(maps.Keys(r.Kinds)) }

func readHeader(node *yaml.Node) header {
	var h header
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		switch node.Content[i].Value {
		case "apiVersion":
			h.apiVersion = node.Content[i+1].Value
		case "kind":
			h.kind = node.Content[i+1].Value
		}
	}
	return h
}

// Of picks the documents of one Go type.
func Of[T Validator](documents []Document) []T {
	var found []T
	for _, d := range documents {
		if v, ok := d.Value.(T); ok {
			found = append(found, v)
		}
	}
	return found
}
