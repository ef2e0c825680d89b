package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Streams is everything that a command takes from the world around it. Tests put
// buffers and fixed values here.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// ErrTTY says that Err is a terminal, so that a live line may be drawn.
	ErrTTY, OutTTY bool
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
func System() Streams {
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, ErrTTY: isTTY(os.Stderr), OutTTY: isTTY(os.Stdout),
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

// globals are the flags that every command has.
type globals struct {
	output  string
	dataDir string
	verbose bool
}

// factory is what commands share: the world, the global flags, and how to reach
// a server.
type factory struct {
	Streams
	globals
}

func (f *factory) stamp() events.Stamp {
	return events.Stamp{Source: "cli", Now: f.Now, NewID: f.NewID}
}

// dirs are the folders in which state lives.
func (f *factory) data() string {
	if f.dataDir != "" {
		return f.dataDir
	}
	if dir := f.Env("SHAKEDOWN_DATA_DIR"); dir != "" {
		return dir
	}
	if dir := f.Env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "shakedown")
	}
	return filepath.Join(f.Env("HOME"), ".local", "share", "shakedown")
}

func (f *factory) cache() string {
	if dir := f.Env("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "shakedown")
	}
	return filepath.Join(f.Env("HOME"), ".cache", "shakedown")
}

// Main runs one command line and returns the exit code of the process.
func Main(ctx context.Context, args []string, world Streams) int {
	f := &factory{Streams: world}
	root := newRoot(f) //nolint:contextcheck // commands take the context of their execution
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		printError(world.Err, err, f.output == "json")
	}
	return exitCode(ctx, err)
}
