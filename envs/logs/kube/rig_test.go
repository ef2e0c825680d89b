package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
)

// serve is a cluster whose API server answers as the handler does.
func serve(t *testing.T, handler http.Handler) *Cluster {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return connect(t, &rest.Config{Host: server.URL})
}

func connect(t *testing.T, config *rest.Config) *Cluster {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(object); err != nil {
		panic(err)
	}
}

// refuse answers with the error.
func refuse(w http.ResponseWriter, err *apierrors.StatusError) {
	status := *err.ErrStatus.DeepCopy()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	answer(w, int(status.Code), status)
}

// server is an API server with the environment shop and what its pods write.
type server struct {
	mu      sync.Mutex
	pods    []corev1.Pod
	version int
	// logs are what containers wrote, by pod; a newer one is not sent by whoever reads an
	// older one.
	logs map[string]*podLog
	// changed is closed and made anew at each change.
	changed chan struct{}
	asked   []string
}

// podLog is the log of a container: of each line its time and text.
type podLog struct {
	lines []string
	ended bool
	cuts  int
}

func newServer(pods ...string) *server {
	s := &server{logs: map[string]*podLog{}, changed: make(chan struct{})}
	for _, name := range pods {
		s.pods = append(s.pods, pod(name))
		s.logs[name] = &podLog{}
	}
	return s
}

// pod is a pod of one container that runs.
func pod(name string) corev1.Pod {
	return corev1.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{events.LabelComponent: "api"},
		},
		Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
			Name: "api", ContainerID: "containerd://" + name, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		}}},
	}
}

// do changes something and wakes those who wait for it.
func (s *server) do(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *server) write(name string, at time.Time, text string) {
	s.do(func() {
		s.logs[name].lines = append(s.logs[name].lines, at.UTC().Format(time.RFC3339Nano)+" "+text+"\n")
	})
}

// ServeHTTP answers as an API server does.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/shop"); {
	case path == r.URL.Path:
		refuse(w, apierrors.NewNotFound(corev1.Resource("namespaces"), "x"))
	case path == "":
		answer(w, http.StatusOK, corev1.Namespace{
			TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"},
			ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{
				events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop",
			}},
		})
	case path == "/pods" && r.URL.Query().Get("watch") == "true":
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case path == "/pods":
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusOK, corev1.PodList{
			TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, ListMeta: metav1.ListMeta{ResourceVersion: "1"}, Items: s.pods,
		})
	default:
		s.log(w, r, strings.TrimSuffix(strings.TrimPrefix(path, "/pods/"), "/log"))
	}
}

// log sends a log from its first line that is young enough.
func (s *server) log(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.RawQuery)
	l := s.logs[name]
	cuts := 0
	if l != nil {
		cuts = l.cuts
	}
	s.mu.Unlock()
	if l == nil || r.URL.Query().Get("previous") == "true" {
		refuse(w, apierrors.NewBadRequest(fmt.Sprintf("previous terminated container %q in pod %q not found", "api", name)))
		return
	}
	since := r.URL.Query().Get("sinceTime") // as the kubelet, it answers with the first line
	for next := 0; ; {
		s.mu.Lock()
		lines, ended, cut, changed := l.lines[next:], l.ended, l.cuts != cuts, s.changed
		s.mu.Unlock()
		next += len(lines)
		s.send(w, lines, since, cut)
		if ended || r.URL.Query().Get("follow") != "true" {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// send sends lines; a connection that is cut ends in the middle of the last of them.
func (*server) send(w http.ResponseWriter, lines []string, since string, cut bool) {
	for i, line := range lines {
		if line < since[:min(len(since), len("2006-01-02T15:04:05"))] {
			continue
		}
		if cut && i == len(lines)-1 {
			line = line[:len(line)/2]
		}
		_, _ = w.Write([]byte(line)) // whoever reads may be gone
		w.(http.Flusher).Flush()
	}
	if cut {
		panic(http.ErrAbortHandler)
	}
}
