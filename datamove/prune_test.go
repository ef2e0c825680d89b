package datamove

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// leave makes a folder with the files of a process that is gone, last written so long ago.
func leave(t *testing.T, c *Copier, name string, age time.Duration, files map[string]string) {
	t.Helper()
	dir := filepath.Join(c.deps.Dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := c.deps.Now().Add(-age)
	if err := os.Chtimes(dir, at, at); err != nil {
		t.Fatal(err)
	}
}

// The files of runs.
func endedRun() map[string]string {
	return map[string]string{runFile: `{"ended":true}`, lockFile: "", reportFile: "{}", viewFile: "<p>"}
}

func openRun() map[string]string {
	return map[string]string{runFile: `{"id":"x"}`, lockFile: "", "stores/shop/journal": "1"}
}

const long = keepEnded + time.Hour

// left is a folder, and whether it is to be pruned.
type left struct {
	folder string
	age    time.Duration
	files  map[string]string
	gone   bool
}

func leftFolders() map[string]left {
	return map[string]left{
		"a run that has ended":                    {"copy-1", long, endedRun(), true},
		"the report of a comparison":              {"verify-1", long, map[string]string{reportFile: "{}", viewFile: "<p>", lockFile: ""}, true},
		"a run that was killed before it began":   {"copy-2", long, map[string]string{lockFile: "", runFile + ".123": "{"}, true},
		"a plan that was killed":                  {"scratch-1", long, map[string]string{"shop-2/journal": "1"}, true},
		"a run that ended a while ago":            {"copy-3", keepEnded - time.Hour, endedRun(), false},
		"a plan that was made a while ago":        {"scratch-2", keepEnded - time.Hour, map[string]string{"shop-2/journal": "1"}, false},
		"a run that can be resumed":               {"copy-4", long, openRun(), false},
		"a run that is named like a plan":         {"scratch-3", long, openRun(), false},
		"a run whose record cannot be read":       {"copy-5", long, map[string]string{runFile: "{", lockFile: ""}, false},
		"an empty folder of somebody else":        {"empty", long, nil, false},
		"the folder of somebody else":             {"notes", long, map[string]string{"todo.txt": "x"}, false},
		"what lies beside a report, and is other": {"verify-2", long, map[string]string{reportFile: "{}", "todo.txt": "x"}, false},
	}
}

// TestPruned: what is of no use any more goes after its time, and nothing else.
func TestPruned(t *testing.T) {
	for name, tc := range leftFolders() {
		t.Run(name, func(t *testing.T) {
			c := newCopier(t, &fakeAdapter{}, nil)
			leave(t, c, tc.folder, tc.age, tc.files)
			if _, err := c.Plan(t.Context(), document()); err != nil {
				t.Fatal(err)
			}
			if there := exists(filepath.Join(c.deps.Dir, tc.folder)); there == tc.gone {
				t.Errorf("it is there: %t", there)
			}
		})
	}
}

// TestPrunedByACopy: a copy prunes as well, and keeps its own folder.
func TestPrunedByACopy(t *testing.T) {
	c := newCopier(t, &fakeAdapter{}, nil)
	leave(t, c, "copy-1", long, endedRun())
	r, err := c.Copy(t.Context(), document(), CopyOptions{ID: "copy-2"}, silent{})
	if err != nil || r.Verdict != Equal {
		t.Fatalf("%+v, %v", r, err)
	}
	if exists(filepath.Join(c.deps.Dir, "copy-1")) || !exists(filepath.Join(c.deps.Dir, "copy-2", reportFile)) {
		t.Error("the old folder is there, or the new one is not")
	}
}

// TestHeldFoldersAreNotPruned: another process works in them, however long it takes.
func TestHeldFoldersAreNotPruned(t *testing.T) {
	c := newCopier(t, &fakeAdapter{}, nil)
	for name, files := range map[string]map[string]string{
		"copy-1": endedRun(), "copy-2": openRun(), "scratch-1": {"shop-2/journal": "1"}, "verify-1": {reportFile: "{}"},
	} {
		leave(t, c, name, 0, files)
		f := &folder{dir: filepath.Join(c.deps.Dir, name)}
		if err := f.hold(); err != nil {
			t.Fatal(err)
		}
		defer f.close()
		leave(t, c, name, long, nil)
	}
	if _, err := c.Plan(t.Context(), document()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(c.deps.Dir); err != nil || len(left) != 4 {
		t.Errorf("%d folders are left, %v", len(left), err)
	}
}

// TestWorkIsHeld: plans and comparisons hold the folders they work in.
func TestWorkIsHeld(t *testing.T) {
	adapter := &fakeAdapter{}
	c := newCopier(t, adapter, nil)
	look := func(j Job) {
		f := folder{dir: filepath.Dir(j.StateDir)}
		if err := f.hold(); err == nil {
			f.close()
			t.Errorf("nobody holds %s", f.dir)
		}
	}
	adapter.copy = func(_ context.Context, j Job) (Part, error) { look(j); return goodPart(), nil }
	if _, err := c.Verify(t.Context(), document(), silent{}); err != nil {
		t.Fatal(err)
	}
}
