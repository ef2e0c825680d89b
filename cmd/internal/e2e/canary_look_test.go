//go:build real

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// mistakes gives secrets where none belongs: each must be refused, or fail.
func (l *leaks) mistakes() {
	l.t.Helper()
	broken := func(env, args string) string {
		return l.file("broken"+fmt.Sprint(len(env+args))+".json", `{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"broken"},"spec":{"components":{
			"api":{"image":"shop:v1","env":{`+env+`},"args":[`+args+`]}}}}`)
	}
	nobody := "127.0.0.1:1"
	for way, args := range map[string][]string{
		"literal password":               {"env", "create", "-f", broken(`"DB_PASSWORD":"`+l.ways["literal password"]+`"`, "")},
		"literal argument":               {"env", "create", "-f", broken("", `"--password=`+l.ways["literal argument"]+`"`)},
		"literal by form":                {"env", "create", "-f", broken(`"DB":"mysql://me:`+l.ways["literal by form"]+`@db/shop"`, "")},
		"password in a MySQL address":    {"data", "plan", "--from", "mysql://me:" + l.ways["password in a MySQL address"] + "@" + nobody + "/shop", "--to", "mysql://me@" + nobody + "/shop"},
		"password in a Redis address":    {"data", "plan", "--from", "redis://:" + l.ways["password in a Redis address"] + "@" + nobody + "/0", "--to", "redis://" + nobody + "/0"},
		"password in an S3 address":      {"data", "plan", "--from", "s3://key:" + l.ways["password in an S3 address"] + "@bucket/", "--to", "s3://other/"},
		"user information of NATS":       {"events", "list", "--nats", "nats://me:" + l.ways["user information of NATS"] + "@" + nobody},
		"token of NATS":                  {"events", "list", "--nats", "nats://" + nobody, "--nats-token", l.ways["token of NATS"]},
		"user information of Prometheus": {"doctor", "--data-dir", l.t.TempDir(), "--prometheus", "http://me:" + l.ways["user information of Prometheus"] + "@" + nobody},
		"listen token":                   {"up", "--data-dir", l.t.TempDir(), "--listen", "256.0.0.1:0", "--listen-token-file", l.file("token", l.ways["listen token"])},
	} {
		out, err := try(l.t, "", append([]string{l.program}, args...)...)
		if err == nil {
			l.t.Errorf("%s: nothing is wrong with it\n%s", way, out)
		}
		fmt.Fprintln(&l.said, way, out, err)
	}
}

// process looks at the arguments of the server, and at arguments and environment of the
// children that it has now. (What programs inherit is tried in the scripts of package cli.)
func (l *leaks) process(pid int) {
	l.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		l.t.Fatal(err)
	}
	l.said.Write(raw)
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(threads) == 0 {
		l.t.Fatalf("threads %v, %v", threads, err)
	}
	var children []string
	for _, thread := range threads {
		if raw, err := os.ReadFile(thread); err == nil { // a thread may end meanwhile
			children = append(children, strings.Fields(string(raw))...)
		}
	}
	for _, child := range children {
		for _, file := range []string{"cmdline", "environ"} {
			raw, err := os.ReadFile(filepath.Join("/proc", child, file))
			if err != nil {
				l.t.Error(err)
			}
			l.said.Write(raw)
		}
	}
}

// events looks at all that the services have said to each other.
func (l *leaks) events() {
	l.t.Helper()
	access, err := natsbus.ReadAccess(l.dir)
	if err != nil {
		l.t.Fatal(err)
	}
	bus, err := natsbus.Connect(l.t.Context(), natsbus.Config{Access: access, Name: "e2e"})
	if err != nil {
		l.t.Fatal(err)
	}
	seen := 0
	err = bus.Watch(l.t.Context(), events.Filter{Since: time.Now().Add(-time.Hour), UntilCaughtUp: true}, func(e events.Envelope) bool {
		seen++
		fmt.Fprintf(&l.said, "%s %s\n", e.Type, e.Data)
		return true
	})
	if err != nil || seen < 10 || bus.Close() != nil {
		l.t.Errorf("%d events, %v", seen, err)
	}
}

// annotations looks at the labels and annotations of what was made.
func (l *leaks) annotations() {
	l.t.Helper()
	for _, kind := range []string{"namespace/leaks", "deployments,services,pods,resourcequotas,networkpolicies"} {
		out := run(l.t, "", "kubectl", "--kubeconfig", sandboxtest.Kubeconfig(l.t), "get", "-n", "leaks", kind, "-o",
			`jsonpath={..metadata.annotations}{..metadata.labels}`)
		l.said.WriteString(out)
	}
	if !bytes.Contains(l.said.Bytes(), []byte(events.LabelPrefix)) {
		l.t.Error("nothing was annotated")
	}
}
