package kit

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/user"
	"time"
)

// World is everything that a command takes from the world around it. Tests put
// buffers and fixed values here.
type World struct {
	In       io.Reader
	Out, Err io.Writer
	// ErrTTY says that Err is a terminal, so that a live line may be drawn; InTTY says that
	// somebody can answer.
	ErrTTY, OutTTY, InTTY bool
	// Env looks up an environment variable, "" when it is not set.
	Env func(string) string
	// Environ is the whole environment, for programs that are started.
	Environ []string
	// Now and NewID make times and ids.
	Now   func() time.Time
	NewID func() string
	// Program is the path of this program, "" when it is not known.
	Program string
	// User is who runs the command.
	User string
}

// System is the real world: the process's streams, environment and clock.
func System() World {
	return World{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, ErrTTY: isTTY(os.Stderr), OutTTY: isTTY(os.Stdout), InTTY: isTTY(os.Stdin),
		Env: os.Getenv, Environ: os.Environ(), Now: time.Now, NewID: randomID, User: userName(), Program: programPath(),
	}
}

func isTTY(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

func randomID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, by the contract of crypto/rand
	return hex.EncodeToString(b[:])
}

func programPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

func userName() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}
