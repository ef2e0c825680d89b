package logs

import (
	"context"
	"errors"
	"io"
	"time"
)

// Cluster has the containers of environments and what they wrote. Its methods may be
// called at the same time from several goroutines. Errors: *events.Error, of KindRefused
// when the cluster forbids it; others are worth another try.
type Cluster interface {
	// Components are the names of the components of an environment. Errors: also
	// *events.Error of KindNotFound when there is no such environment.
	Components(ctx context.Context, environment string) ([]string, error)
	// Watch calls show with all containers of all pods of an environment, and again after
	// each change, one call at a time, until ctx ends or show returns false; it then
	// returns nil. It survives lost connections.
	Watch(ctx context.Context, environment string, show func([]Container) bool) error
	// Read opens the log of a container: of each line its time in RFC 3339, a space and
	// the text. Errors: also ErrNoLog and ErrNotStarted.
	Read(ctx context.Context, environment string, c Container, o ReadOptions) (io.ReadCloser, error)
}

// ErrNotStarted is matched by the error of a log that is not there yet.
var ErrNotStarted = errors.New("the container has not started yet")

// ErrNoLog is matched by the error of a log that is not there any more.
var ErrNoLog = errors.New("the log is not there any more")

// ReadOptions say which part of a log is read.
type ReadOptions struct {
	// Previous is the log of the instance before the present one.
	Previous bool
	// Follow goes on until the container ends.
	Follow bool
	// Since leaves out older lines, by its whole second; zero leaves out none.
	Since time.Time
	// Tail is how many entries from the end are read; 0 reads all.
	Tail int
}

// Container is a container of a pod as it is now.
type Container struct {
	Source
	// PodUID tells pods of the same name apart.
	PodUID string
	// Instance tells one start of the container from another, "" before the first.
	Instance string
	// Running says that it runs now; Over that it will not run again.
	Running, Over bool
	// Died is when the instance before this one ended; zero when there is none.
	Died time.Time
}

// key tells containers apart.
type key struct{ pod, container string }

func (c Container) key() key { return key{c.PodUID, c.Container} }
