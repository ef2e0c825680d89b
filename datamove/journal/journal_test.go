package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

type line struct {
	Step string `json:"step"`
}

// read returns the lines of a file and how much of it is whole.
func read(t *testing.T, path string) ([]string, int64) {
	t.Helper()
	var lines []string
	whole, err := Read(path, func(text []byte) error { lines = append(lines, string(text)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return lines, whole
}

// TestTornLine goes on after a kill in the middle of a line.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if lines, whole := read(t, path); lines != nil || whole != 0 {
		t.Fatalf("a file that is not there has %q", lines)
	}
	f, err := Open(path, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Append(line{"one"}), f.Commit(line{"two"}), f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, `{"step":"to`...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, whole := read(t, path)
	if f, err = Open(path, whole, time.Now); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Append(line{"three"}), f.Close()); err != nil {
		t.Fatal(err)
	}
	lines, _ := read(t, path)
	if diff := cmp.Diff([]string{`{"step":"one"}`, `{"step":"two"}`, `{"step":"three"}`}, lines); diff != "" {
		t.Error(diff)
	}
}

// TestWhenLinesAreOnDisk writes with a clock that stands still, then moves.
func TestWhenLinesAreOnDisk(t *testing.T) {
	now := time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "journal")
	f, err := Open(path, 0, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, tc := range []struct {
		name  string
		write func() error
		want  int
	}{
		{"appended", func() error { return f.Append(line{"a"}) }, 0},
		{"committed", func() error { return f.Commit(line{"b"}) }, 2},
		{"appended again", func() error { return f.Append(line{"c"}) }, 2},
		{"after a while", func() error { now = now.Add(2 * time.Second); return f.Append(line{"d"}) }, 4},
	} {
		if err := tc.write(); err != nil {
			t.Fatal(err)
		}
		if lines, _ := read(t, path); len(lines) != tc.want {
			t.Errorf("%s: %d lines are on disk, want %d", tc.name, len(lines), tc.want)
		}
	}
}

// TestNoRoom has a file that takes nothing.
func TestNoRoom(t *testing.T) {
	f, err := Open(filepath.Join(t.TempDir(), "journal"), 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.file.Close()
	if e, ok := errors.AsType[*events.Error](f.Commit(line{"x"})); !ok || e.Kind != events.KindUnavailable || e.Advice == "" {
		t.Errorf("it ended with %v", e)
	}
}

func TestReadEndsWithTheErrorOfEach(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	if _, err := Read(path, func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("it ended with %v", err)
	}
}
