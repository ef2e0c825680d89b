package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

type ship struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Masts  int               `json:"masts"`
		Afloat *bool             `json:"afloat"`
		Watch  events.Duration   `json:"watch"`
		Crew   []sailor          `json:"crew"`
		Flags  map[string]string `json:"flags"`
	} `json:"spec"`
}

type sailor struct {
	Name string  `json:"name"`
	Pay  float64 `json:"pay"`
}

func (s *ship) Validate() events.Problems {
	var p events.Problems
	if s.Spec.Masts < 0 {
		p = append(p, events.Problem{Key: "spec.masts", Message: "must not be negative"})
	}
	for _, c := range s.Spec.Crew {
		if c.Name == "" {
			p = append(p, events.Problem{Key: "spec.crew[0].name", Message: "is missing"})
		}
	}
	return p
}

func shipyard() Reader {
	return Reader{Kinds: map[string]func() Validator{"Ship": func() Validator { return &ship{} }}}
}

const head = "apiVersion: shakedown.dev/v1\nkind: Ship\nmetadata: {name: beagle}\n"

func TestParseTellsEveryProblem(t *testing.T) {
	for _, tc := range []struct {
		name, yaml string
		want       string
	}{
		{"good", head + "spec: {masts: 3, afloat: true, watch: 4h, crew: [{name: charles, pay: 1}], flags: {bow: jack}}", ""},
		{"syntax", head + "spec: [", "f.yaml:4: is not valid YAML: did not find expected node content"},
		{"not a map", "- 1", "f.yaml:1: is a list, want a document with apiVersion, kind, metadata and spec"},
		{"empty", "", "f.yaml: has no document"},
		{"unknown version", "apiVersion: v2\nkind: Ship", `f.yaml:1: apiVersion: is "v2", want "shakedown.dev/v1"`},
		{"unknown kind", "apiVersion: shakedown.dev/v1\nkind: Boat", `f.yaml:1: kind: is "Boat", want one of Ship`},
		{"near field", head + "spec:\n  mast: 3", "f.yaml:5: spec.mast: unknown field, did you mean masts?"},
		{"far field", head + "spec:\n  engine: 3", "f.yaml:5: spec.engine: unknown field, known are masts, afloat, watch, crew, flags"},
		{"text for number", head + "spec:\n  masts: three", `f.yaml:5: spec.masts: is the text "three", want a whole number`},
		{"fraction for number", head + "spec:\n  masts: 2.5", "f.yaml:5: spec.masts: is number 2.5, want a whole number"},
		{"number for text", head + "spec:\n  flags: {bow: 1.10}", `f.yaml:5: spec.flags.bow: is number 1.10, want text (write "1.10" with the quotes)`},
		{"bad duration", head + "spec:\n  watch: 4 hours", `f.yaml:5: spec.watch: "4 hours" is not a duration such as 30s or 5m`},
		{"twice", head + "spec:\n  masts: 1\n  masts: 2", "f.yaml:6: spec.masts: is here for the second time, first on line 5"},
		{"map for list", head + "spec:\n  crew: {a: b}", "f.yaml:5: spec.crew: is a map, want a list"},
		{"list for map", head + "spec:\n  flags: [a]", "f.yaml:5: spec.flags: is a list, want a map"},
		{
			"two at once", head + "spec:\n  masts: x\n  crew:\n    - name: y\n      pay: much",
			"f.yaml:5: spec.masts: is the text \"x\", want a whole number\nf.yaml:8: spec.crew[0].pay: is the text \"much\", want a number",
		},
		{"own check", head + "spec:\n  masts: -1", "f.yaml:5: spec.masts: must not be negative"},
		{"missing key takes its parent's line", head + "spec:\n  crew:\n    - pay: 1", "f.yaml:6: spec.crew[0].name: is missing"},
		{"only empty documents", "---\n# none\n---\n", "f.yaml: has no document"},
		{"merge of a number", head + "spec: {<<: 3}", "f.yaml:4: spec.<<: is a number, want a map to merge, or a list of maps"},
		{"merge of itself", head + "spec: &s {<<: *s, masts: 3}", "f.yaml:4: spec.<<: is merged into itself"},
		{"unknown field in a merge", head + "spec:\n  crew:\n  - &a {name: x, rank: 1}\n  - {<<: *a, name: y}", "f.yaml:6: spec.crew[0].rank: unknown field, known are name, pay\nf.yaml:6: spec.crew[1].rank: unknown field, known are name, pay"},
		{"quoted merge key", head + "spec: {\"<<\": {masts: 1}}", "f.yaml:4: spec.<<: unknown field, known are masts, afloat, watch, crew, flags"},
		{"second document", head + "---\n" + head + "spec: 3", "f.yaml:8: spec: is a number, want fields (masts, afloat, watch, crew, flags)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problems := shipyard().Parse("f.yaml", []byte(tc.yaml))
			if diff := cmp.Diff(tc.want, problems.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFillsTheDocument(t *testing.T) {
	raw := head + "spec:\n  masts: 0x3\n  afloat: false\n  watch: 90m\n  crew: [{name: charles, pay: 2}]\n  flags: {bow: jack}\n"
	docs, problems := shipyard().Parse("f.yaml", []byte(raw))
	if len(problems) > 0 || len(docs) != 1 {
		t.Fatalf("got %d documents, problems %v", len(docs), problems)
	}
	var want ship
	no := false
	want.APIVersion, want.Kind, want.Metadata.Name = events.APIVersion, "Ship", "beagle"
	want.Spec.Masts, want.Spec.Afloat, want.Spec.Watch = 3, &no, events.Duration(5400e9)
	want.Spec.Crew, want.Spec.Flags = []sailor{{Name: "charles", Pay: 2}}, map[string]string{"bow": "jack"}
	if diff := cmp.Diff(&want, docs[0].Value); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestEmptyDocumentsAreSkipped(t *testing.T) {
	for name, raw := range map[string]string{
		"trailing":      head + "---\n",
		"leading":       "---\n---\n" + head,
		"commented out": head + "---\n# kind: Ship\n# spec: {}\n---\n" + head,
		"null":          head + "---\nnull\n---\n~\n",
		"end mark":      head + "...\n---\n...\n",
	} {
		docs, problems := shipyard().Parse("f.yaml", []byte(raw))
		if want := strings.Count(raw, "name: beagle"); len(docs) != want || len(problems) > 0 {
			t.Errorf("%s: %d documents, want %d; problems %v", name, len(docs), want, problems)
		}
	}
}

func TestMergeKeys(t *testing.T) {
	raw := head + `spec:
  flags: &flags {bow: jack, stern: ensign}
  crew:
  - &first {name: charles, pay: 2}
  - &second {<<: *first, name: robert}
  - {pay: 1, <<: [*second, {name: syms, pay: 3}]}
  - <<: {name: conrad}
`
	docs, problems := shipyard().Parse("f.yaml", []byte(raw))
	if len(problems) > 0 || len(docs) != 1 {
		t.Fatalf("got %d documents, problems %v", len(docs), problems)
	}
	want := []sailor{{"charles", 2}, {"robert", 2}, {"robert", 1}, {"conrad", 0}}
	if diff := cmp.Diff(want, docs[0].Value.(*ship).Spec.Crew); diff != "" {
		t.Errorf("crew (-want +got):\n%s", diff)
	}
}

func TestReadStdinAndFolders(t *testing.T) {
	r := shipyard()
	r.Stdin = strings.NewReader(head)
	if docs, err := r.Read("-"); err != nil || len(docs) != 1 {
		t.Errorf("stdin: %d documents, %v", len(docs), err)
	}
	if _, err := r.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no .yaml file") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := r.Read("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{head, head + "spec: {masts: 1}", "- &a [*a]", "a: &x {<<: *x}", "? [1]: 2", "{", "--- \n---\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		docs, problems := shipyard().Parse("f", raw)
		if len(docs) == 0 && len(problems) == 0 {
			t.Error("neither a document nor a problem")
		}
	})
}
