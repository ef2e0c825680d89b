package redis

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	j, err := startJournal(dir, true, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []line{{Step: stepBegan, Identity: "i"}, {Step: stepAttach, Login: true}} {
		if err := j.did(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.keys.add(3, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	asked := map[uint64]bool{fingerprint(3, "b"): false, fingerprint(0, "b"): false, fingerprint(3, "c"): false}
	if err := j.keys.has(asked); err != nil {
		t.Fatal(err)
	}
	want := map[uint64]bool{fingerprint(3, "b"): true, fingerprint(0, "b"): false, fingerprint(3, "c"): false}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	// The process was killed in the middle of a line.
	appendTo(t, filepath.Join(dir, journalName), `{"step":"detach`)
	past, err := readJournal(dir)
	if err != nil || len(past) != 2 || attached(past) == nil || !attached(past).Login {
		t.Fatalf("read %+v, %v", past, err)
	}
	// The disk was full in the middle of an entry.
	appendTo(t, filepath.Join(dir, writtenName), "abc")
	if j, err = startJournal(dir, false, time.Now); err != nil {
		t.Fatal(err)
	}
	if err := j.did(line{Step: stepDetached}); err != nil {
		t.Fatal(err)
	}
	if err := j.keys.add(0, []string{"after"}); err != nil {
		t.Fatal(err)
	}
	asked = map[uint64]bool{fingerprint(3, "b"): false, fingerprint(0, "after"): false}
	if err := j.keys.has(asked); err != nil || !asked[fingerprint(0, "after")] || !asked[fingerprint(3, "b")] {
		t.Errorf("after a torn entry: %v, %v", asked, err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if past, err = readJournal(dir); err != nil || len(past) != 3 || attached(past) != nil {
		t.Errorf("read %+v, %v", past, err)
	}
}

// appendTo writes text at the end of a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func FuzzReadJournal(f *testing.F) {
	f.Add("{\"step\":\"began\"}\n{\"step\":\"att")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, journalName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lines, err := readJournal(dir)
		if err != nil || len(lines) > len(text) {
			t.Errorf("%d lines of %d bytes, %v", len(lines), len(text), err)
		}
	})
}

func TestIdentity(t *testing.T) {
	j := datamove.Job{ID: "run-1", From: datamove.Access{Endpoint: datamove.Endpoint{URL: "redis://a"}, Secret: "s"}}
	first, err := identity(j)
	if err != nil {
		t.Fatal(err)
	}
	j.From.Secret = "changed since then"
	if again, _ := identity(j); again != first {
		t.Error("a new password makes another job")
	}
	j.Store.Exclude = []string{"x"}
	other, _ := identity(j)
	if other == first {
		t.Error("a new filter makes no other job")
	}
	if err := resumable([]line{{Step: stepBegan, Identity: first}}, other); err == nil {
		t.Error("another job goes on")
	}
	if err := resumable(nil, other); err != nil {
		t.Errorf("a run that never began: %v", err)
	}
}
