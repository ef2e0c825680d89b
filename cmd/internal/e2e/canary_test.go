//go:build real

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/wire"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// ways are the secrets, by the way in which each comes in.
func ways() map[string]string {
	names := []string{
		"hook secret", "hook secret of a project", "wrong hook secret", "listen token", "wrong listen token", "header", "password of Prometheus",
		"user information of Prometheus", "token of the kubeconfig", "Secret of a component", "literal password", "literal argument", "literal by form",
		"password in a MySQL address", "password in a Redis address", "password in an S3 address", "user information of NATS", "token of NATS",
		"masking key", "wrong password of MySQL", "address of a notifier", "token of a notifier", "header of a probe",
	}
	all := map[string]string{}
	for i, name := range names {
		all[name] = fmt.Sprintf("canary%02dSecretOfTheTest", i)
	}
	all["password of MySQL"] = storetest.MariaDBPassword
	return all
}

// notifier tells every end of a run to an address that is a secret.
const notifier = `
apiVersion: shakedown.dev/v1
kind: Notifier
metadata: {name: leaks}
spec:
  format: slack
  url: {env: LEAKS_HOOK}
  token: {env: LEAKS_TOKEN}
  on: [run-passed, run-failed, run-inconclusive, run-not-run, run-aborted, fault-injected, fault-reverted, fault-not-recovered]
`

// asking is an experiment that asks a service with a secret in a header.
func asking(service string) string {
	probe := fmt.Sprintf(`{"name":"visitors get in","must":"recover","http":{"url":"%s/-/ready","timeout":"200ms","headers":{"X-Canary":{"env":"%sLEAKS"}}}},`,
		service, wire.SecretPrefix)
	return strings.Replace(experiment, `"hypothesis":[`, `"hypothesis":[`+probe, 1)
}

// leaks is a server with secrets, and all that was said about them.
type leaks struct {
	t            *testing.T
	ways         map[string]string
	program      string
	dir, secrets string
	stores       [2]*storetest.MariaDBServer
	said         bytes.Buffer
}

// TestSecretsStayIn lets secrets in by every way there is, uses them well and badly, and
// finds them nowhere: not in arguments or the environment of children, in events,
// annotations, files, logs, reports, or what commands print.
func TestSecretsStayIn(t *testing.T) {
	l := &leaks{t: t, ways: ways(), program: binary(t), dir: t.TempDir(), secrets: t.TempDir()}
	l.stores = [2]*storetest.MariaDBServer{storetest.MariaDB(t), storetest.MariaDB(t)}
	server := l.start()
	l.environment()
	l.hooks()
	l.pages()
	l.run("experiment", "run", l.file("experiment.json", asking(sandboxtest.Prometheus(t))), "--environment", "leaks", "--timeout", "5m")
	for _, format := range []string{"html", "json", "markdown", "junit"} {
		l.run("report", "export", "latest", "--format", format, "--out", "-")
	}
	if !strings.Contains(l.said.String(), `"source": "`+strings.TrimPrefix(sandboxtest.Prometheus(t), "http://")) {
		t.Error("no record has an answer to the probe that asks with a secret")
	}
	l.copies()
	l.mistakes()
	l.run("doctor")
	l.process(server.Process.Pid)
	l.events()
	l.annotations()
	for way, word := range l.ways {
		findNowhere(t, l.dir, word)
		if i := bytes.Index(l.said.Bytes(), []byte(word)); i >= 0 {
			t.Errorf("%s was said: ...%s", way, l.said.Bytes()[max(0, i-200):i+len(word)])
		}
	}
}

// file writes a file that nobody else may read.
func (l *leaks) file(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.secrets, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// start runs the server and gives it its secrets.
func (l *leaks) start() *exec.Cmd {
	l.t.Helper()
	kubeconfig, err := os.ReadFile(sandboxtest.Kubeconfig(l.t))
	if err != nil {
		l.t.Fatal(err)
	}
	withToken := strings.Replace(string(kubeconfig), `"user": {`, `"user": {"token": "`+l.ways["token of the kubeconfig"]+`",`, 1)
	l.t.Setenv("SHAKEDOWN_PROMETHEUS_HEADER", "X-Canary="+l.ways["header"])
	l.t.Setenv("SHAKEDOWN_MASK_KEY", l.ways["masking key"])
	l.t.Setenv("LEAKS_HOOK", "http://127.0.0.1:1/"+l.ways["address of a notifier"]) // where nobody listens
	l.t.Setenv(wire.SecretPrefix+"LEAKS", l.ways["header of a probe"])
	l.t.Setenv("LEAKS_TOKEN", l.ways["token of a notifier"])
	l.t.Setenv("LEAKS_PASSWORD", storetest.MariaDBPassword)
	l.t.Setenv("LEAKS_WRONG_PASSWORD", l.ways["wrong password of MySQL"])
	var server *exec.Cmd
	l.t.Cleanup(func() { l.log(server) }) // after its end
	server = guarded(l.t, l.dir, l.ways["listen token"], l.program, "up", "--data-dir", l.dir, "--specs", l.file("notifier.yaml", notifier), "--probe-hosts", strings.TrimPrefix(sandboxtest.Prometheus(l.t), "http://"), "--listen", "127.0.0.1:0", "--listen-hooks", "127.0.0.1:0",
		"--listen-token-file", l.file("token", l.ways["listen token"]),
		"--hook-secret-file", l.file("hooks", l.ways["hook secret"]+"\nbank "+l.ways["hook secret of a project"]+"\n"),
		"--kubeconfig", l.file("kubeconfig", withToken), "--prometheus", sandboxtest.Prometheus(l.t),
		"--prometheus-user", "me", "--prometheus-password-file", l.file("password", l.ways["password of Prometheus"]))
	return server
}

// log looks at what the server has logged until its end.
func (l *leaks) log(server *exec.Cmd) {
	if server == nil {
		return
	}
	said, ok := server.Stderr.(*bytes.Buffer)
	if !ok || said.Len() == 0 {
		l.t.Error("the server has logged nothing")
		return
	}
	if !bytes.Contains(said.Bytes(), []byte("message not sent; it is tried again")) {
		l.t.Error("no notifier was tried")
	}
	for way, word := range l.ways {
		if bytes.Contains(said.Bytes(), []byte(word)) {
			l.t.Errorf("%s was logged:\n%s", way, said)
		}
	}
}

// run runs a command and keeps what it prints. It may fail.
func (l *leaks) run(args ...string) {
	out, err := try(l.t, "", append([]string{l.program, "--data-dir", l.dir}, args...)...)
	fmt.Fprintln(&l.said, out, err)
}

// environment makes one whose component has a secret.
func (l *leaks) environment() {
	l.t.Helper()
	d := environment("leaks")
	raw, err := json.Marshal(d)
	if err != nil {
		l.t.Fatal(err)
	}
	text := strings.Replace(string(raw), `"SHUTDOWN_DELAY":"0s"`, `"SHUTDOWN_DELAY":"0s","API_TOKEN":{"secret":"api","key":"token"}`, 1)
	if text == string(raw) {
		l.t.Fatalf("the document has changed: %s", raw)
	}
	file := l.file("environment.json", text)
	l.run("env", "create", "-f", file, "--wait=false")
	l.createSecret()
	if out, err := try(l.t, "", l.program, "--data-dir", l.dir, "env", "create", "-f", file); err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	removeAtEnd(l.t, "leaks")
}

// createSecret makes the component's Secret as soon as its namespace is there.
func (l *leaks) createSecret() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for {
		_, err := try(l.t, "", "kubectl", "--kubeconfig", sandboxtest.Kubeconfig(l.t), "create", "secret", "generic", "api", "-n", "leaks",
			"--from-literal=token="+l.ways["Secret of a component"])
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			l.t.Fatal(err)
		}
		tick(ctx)
	}
}

// hooks posts with the right secrets and a wrong one.
func (l *leaks) hooks() {
	l.t.Helper()
	address, err := app.ReadAddress(l.dir)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, way := range []string{"hook secret", "hook secret of a project", "wrong hook secret"} {
		project := "shop"
		if way == "hook secret of a project" {
			project = "bank"
		}
		_, err := demo.PostBuild(l.t.Context(), address.Hooks, l.ways[way], events.BuildSucceeded{
			Project: project, Revision: "4f1c2e9", Template: "barn", Components: map[string]string{"api": "shop:v1"},
		}, time.Now)
		if (err == nil) == (way == "wrong hook secret") {
			l.t.Errorf("%s: %v", way, err)
		}
		fmt.Fprintln(&l.said, err)
	}
}

// copies copies a table, with the right password and with a wrong one.
func (l *leaks) copies() {
	l.t.Helper()
	from, to := l.stores[0], l.stores[1]
	from.Exec(l.t, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)")
	to.Exec(l.t, "CREATE DATABASE shop")
	for _, credentials := range []string{"env:LEAKS_PASSWORD", "env:LEAKS_WRONG_PASSWORD"} {
		l.run("data", "copy", "--from", from.URL("shop"), "--from-credentials", credentials,
			"--to", to.URL("shop"), "--to-credentials", credentials, "--allow-target", "mysql://"+to.Address+"/shop")
	}
	if n := bytes.Count(l.said.Bytes(), []byte("equal")); n == 0 {
		l.t.Error("nothing was copied")
	}
}
