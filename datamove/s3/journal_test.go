package s3

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

func journalJob(dir string) datamove.Job {
	return datamove.Job{
		StateDir: dir, Now: time.Now,
		From: datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://a"}}, To: datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://b"}},
	}
}

func mustOpen(t *testing.T, j datamove.Job) *journal {
	t.Helper()
	l, err := openJournal(j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.close() })
	return l
}

func TestJournalGoesOn(t *testing.T) {
	dir := t.TempDir()
	j := journalJob(dir)
	l := mustOpen(t, j)
	for _, err := range []error{
		l.wrote("k\nk", "s", "t", 1), l.wrote("same", "e", "e", 1), l.requesting("up"), l.started("up", "id1"), l.requesting("lost"), l.started("done", "id2"), l.ended("id2"), l.close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, journalName)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, []byte(`{"k":"torn`)...), 0o600); err != nil {
		t.Fatal(err)
	}
	j.Resume = true
	for start := 1; start < 3; start++ {
		l = mustOpen(t, j)
		if l.starts != start || !l.ours("k\nk", "t") || l.ours("torn", "") || !l.knows("k\nk", "s", "t") || l.knows("same", "e", "e") {
			t.Errorf("start %d: %d starts", start, l.starts)
		}
		if len(l.open()) != 1 || l.open()["id1"] != "up" || len(l.unanswered()) != 1 {
			t.Errorf("uploads %v, unanswered %v", l.open(), l.unanswered())
		}
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
	}
	j.Resume = false
	if l = mustOpen(t, j); l.ours("k\nk", "t") {
		t.Error("a new run remembers the old one")
	}
}

func TestJournalRefuses(t *testing.T) {
	dir := t.TempDir()
	j := journalJob(dir)
	if err := mustOpen(t, j).close(); err != nil {
		t.Fatal(err)
	}
	j.Resume = true
	other := j
	other.To.URL = "s3://c"
	if _, err := openJournal(other); !refused(err) {
		t.Errorf("another target: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, journalName), []byte("noise\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(j); !refused(err) {
		t.Errorf("noise: %v", err)
	}
}

func refused(err error) bool {
	e, ok := errors.AsType[*events.Error](err)
	return ok && e.Kind == events.KindRefused
}

// TestJournalOnAFullDisk ends the copy instead of counting failed objects.
func TestJournalOnAFullDisk(t *testing.T) {
	l := mustOpen(t, journalJob(t.TempDir()))
	_ = l.file.Close() // so that writes fail
	if err := l.requesting("key"); events.KindOf(err) != events.KindUnavailable {
		t.Errorf("a journal that cannot be written: %v", err)
	}
}
