package kube

import (
	"context"
	"fmt"
	"io"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Read opens the log of a container.
func (c *Cluster) Read(ctx context.Context, environment string, of logs.Container, o logs.ReadOptions) (io.ReadCloser, error) {
	request := c.api.Plain.Get().Namespace(environment).Resource("pods").Name(of.Pod).SubResource("log").
		Param("container", of.Container).Param("timestamps", "true").
		Param("follow", strconv.FormatBool(o.Follow)).Param("previous", strconv.FormatBool(o.Previous))
	if !o.Since.IsZero() {
		request.Param("sinceTime", o.Since.UTC().Format(time.RFC3339))
	}
	if o.Tail > 0 {
		request.Param("tailLines", strconv.Itoa(o.Tail))
	}
	ctx, done, err := c.pace(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	body, err := request.Stream(ctx)
	if err != nil {
		return nil, c.unread(err, of)
	}
	return body, nil
}

// openings is how many requests look for a connection at the same time: each that finds
// no room on one makes one of its own.
const openings = 4

// pace waits until a log may be opened. The next one may be when the request with the
// context has a connection, or is done: the kubelet answers only when there is a line.
// Errors: that of ctx.
func (c *Cluster) pace(ctx context.Context) (traced context.Context, done func(), err error) {
	select {
	case c.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	free := sync.OnceFunc(func() { <-c.opening })
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { free() }}), free, nil
}

// unread is why a log cannot be read. What the kubelet says of a container's state comes as
// a bad request.
func (c *Cluster) unread(err error, of logs.Container) error {
	says := kube.OneLine(err.Error())
	switch {
	case apierrors.IsNotFound(err), apierrors.IsBadRequest(err) && containsAny(says, "previous terminated container", "is not valid for pod", "is terminated"):
		return fmt.Errorf("%w: %s", logs.ErrNoLog, says)
	case apierrors.IsBadRequest(err) && containsAny(says, "is waiting to start", "is not available", "ContainerCreating", "PodInitializing"):
		return fmt.Errorf("%w: %s", logs.ErrNotStarted, says)
	}
	return c.explain(err, "get", "pods/log of "+of.Pod)
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
