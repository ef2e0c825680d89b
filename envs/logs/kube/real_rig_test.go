//go:build real

package kube

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// rig is an environment on a real cluster, and a way to it that can be cut.
type rig struct {
	t      *testing.T
	client *kubernetes.Clientset
	name   string
	way    *proxy
}

// newRig makes the namespace of an environment, which goes with the test.
func newRig(t *testing.T, name string) *rig {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", sandboxtest.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // visits are as many as the cluster takes
	r := &rig{t: t, name: name, way: newProxy(t, config)}
	if r.client, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{events.LabelManagedBy: events.Manager, events.LabelEnvironment: name}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := r.client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.client.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	r.awaitAccount()
	return r
}

// awaitAccount waits for what every pod needs.
func (r *rig) awaitAccount() {
	r.t.Helper()
	r.await("the service account", func() (bool, error) {
		_, err := r.client.CoreV1().ServiceAccounts(r.name).Get(r.t.Context(), "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// await asks again and again until something is so.
func (r *rig) await(what string, is func() (bool, error)) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), wait)
	defer cancel()
	for {
		ok, err := is()
		if err != nil {
			r.t.Fatal(err)
		}
		if ok {
			return
		}
		if !events.Wait(ctx, 100*time.Millisecond) {
			r.t.Fatalf("%s is not there", what)
		}
	}
}

// start starts a pod of the shop's image with these arguments.
func (r *rig) start(name string, args ...string) {
	r.t.Helper()
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{events.LabelComponent: "cart"}},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64(2)),
			Containers: []corev1.Container{{
				Name: "cart", Image: sandboxtest.ShopV1, Args: args,
				Env: []corev1.EnvVar{{Name: "SHUTDOWN_DELAY", Value: "0s"}, {Name: "SHUTDOWN_GRACE", Value: "1s"}},
			}},
		},
	}
	if _, err := r.client.CoreV1().Pods(r.name).Create(r.t.Context(), p, metav1.CreateOptions{}); err != nil {
		r.t.Fatal(err)
	}
}

// visit lets a pod write a line with the number in it. It says whether the pod answered.
func (r *rig) visit(pod string, n int) bool {
	_, err := r.client.CoreV1().Pods(r.name).ProxyGet("http", pod, "8080", fmt.Sprintf("/cart/n%d", n), nil).DoRaw(r.t.Context())
	return err == nil
}

// awaitPod waits until a pod answers.
func (r *rig) awaitPod(pod string) {
	r.t.Helper()
	r.await("pod "+pod, func() (bool, error) {
		_, err := r.client.CoreV1().Pods(r.name).ProxyGet("http", pod, "8080", "/livez", nil).DoRaw(r.t.Context())
		return err == nil, nil
	})
}

// proxy is the way to an API server; its connections can be cut.
type proxy struct {
	config *rest.Config
	mu     sync.Mutex
	open   map[net.Conn]bool
}

func newProxy(t *testing.T, to *rest.Config) *proxy {
	t.Helper()
	target, err := url.Parse(to.Host)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{config: rest.CopyConfig(to), open: map[net.Conn]bool{}}
	p.config.Host = "https://" + listener.Addr().String()
	p.config.TLSClientConfig.ServerName = target.Hostname()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.forward(c, target.Host) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // it was only for this test
		p.cut()
		running.Wait()
	})
	return p
}

func (p *proxy) forward(from net.Conn, host string) {
	to, err := net.Dial("tcp", host)
	if err != nil {
		_ = from.Close() // whoever came sees it
		return
	}
	p.mu.Lock()
	p.open[from], p.open[to] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // an end of either is the end of both
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	both.Wait()
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close() // that is the point
	}
	clear(p.open)
}
