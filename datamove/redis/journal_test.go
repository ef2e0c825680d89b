package redis

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	j, err := startJournal(dir, true, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []line{{Step: stepBegan, Identity: "i"}, {Step: stepAttach, Login: true}} {
		if err := j.did(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.writes(3, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	asked := map[uint64]bool{fingerprint(3, "b"): false, fingerprint(0, "b"): false, fingerprint(3, "c"): false}
	if err := j.wrote(asked); err != nil {
		t.Fatal(err)
	}
	want := map[uint64]bool{fingerprint(3, "b"): true, fingerprint(0, "b"): false, fingerprint(3, "c"): false}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	// The process is killed in the middle of a line.
	if _, err := j.file.WriteString(`{"step":"detach`); err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	past, err := readJournal(dir)
	if err != nil || len(past) != 2 || attached(past) == nil || !attached(past).Login {
		t.Fatalf("read %+v, %v", past, err)
	}
	// The disk was full in the middle of an entry.
	torn, err := os.OpenFile(filepath.Join(dir, "redis.written"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = torn.WriteString("abc")
	if err = errors.Join(err, torn.Close()); err != nil {
		t.Fatal(err)
	}
	if j, err = startJournal(dir, false, past, time.Now); err != nil {
		t.Fatal(err)
	}
	if err := j.did(line{Step: stepDetached}); err != nil {
		t.Fatal(err)
	}
	if err := j.writes(0, []string{"after"}); err != nil {
		t.Fatal(err)
	}
	asked = map[uint64]bool{fingerprint(3, "b"): false, fingerprint(0, "after"): false}
	if err := j.wrote(asked); err != nil || !asked[fingerprint(0, "after")] || !asked[fingerprint(3, "b")] {
		t.Errorf("after a torn entry: %v, %v", asked, err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if past, err = readJournal(dir); err != nil || len(past) != 3 || attached(past) != nil {
		t.Errorf("read %+v, %v", past, err)
	}
}

func FuzzParseJournal(f *testing.F) {
	f.Add("{\"step\":\"began\"}\n{\"step\":\"att")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := parseJournal(strings.NewReader(text))
		if err == nil && len(lines) > len(text) {
			t.Errorf("%d lines of %d bytes", len(lines), len(text))
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
