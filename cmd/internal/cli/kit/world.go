package kit

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
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
	// Environ is the environment of programs that are started; Settings are the variables of
	// ours that are not in it, for another process of this program.
	Environ, Settings []string
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

// Private is the world in which the variables of ours are known to this process alone: no
// program inherits them that is started, such as one by which a kubeconfig logs in.
func (w World) Private() World {
	own := map[string]string{}
	for _, line := range w.Environ {
		if name, value, _ := strings.Cut(line, "="); config.IsVariable(name) {
			own[name] = value
			w.Settings = append(w.Settings, line)
			_ = os.Unsetenv(name) // it is a name, since the environment has it
		}
	}
	w.Environ = slices.DeleteFunc(slices.Clone(w.Environ), func(line string) bool { return config.IsVariable(line) })
	outer := w.Env
	w.Env = func(name string) string {
		if value, there := own[name]; there {
			return value
		}
		return outer(name)
	}
	return w
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
