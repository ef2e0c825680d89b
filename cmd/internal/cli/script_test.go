package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"shakedown": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			code := Main(ctx, os.Args[1:], System().Private())
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs the journeys of testdata/script, a folder a noun. Beside the
// commands of testscript there are
//
//	exits CODE command ...   runs a command and wants that exit code
//	json FILE                wants JSON in a file, stdout or stderr
//	ready                    waits until the server of the data directory takes work
//	server                   names that server by $NATS and $SHAKEDOWN_NATS_TOKEN
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../../examples")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("testdata/script/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	kubernetes, prometheus := standIns(t)
	kept := serve(t, newKeeper())
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir: folder, RequireExplicitExec: true,
				Setup: func(e *testscript.Env) error {
					e.Setenv("HOME", e.WorkDir)
					e.Setenv("EXAMPLES", examples)
					e.Setenv("PROMETHEUS", prometheus)
					hostedZones(e)
					e.Setenv("CLUSTER", filepath.Join(e.WorkDir, "cluster.kubeconfig"))
					e.Setenv("KEPT", filepath.Join(e.WorkDir, "kept.kubeconfig"))
					return errors.Join(os.WriteFile(e.Getenv("CLUSTER"), kubeconfig(kubernetes), 0o600),
						os.WriteFile(e.Getenv("KEPT"), kubeconfig(kept), 0o600))
				},
				Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "json": isJSON, "ready": ready, "server": nameServer},
			})
		})
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code is %d, want %d", code, want)
	}
}

func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json FILE")
	}
	if text := ts.ReadFile(args[0]); !json.Valid([]byte(text)) {
		ts.Fatalf("this is not JSON: %s", text)
	}
}

func dataDir(ts *testscript.TestScript) string {
	return filepath.Join(ts.Getenv("HOME"), ".local", "share", "shakedown")
}

func nameServer(ts *testscript.TestScript, _ bool, _ []string) {
	access, err := natsbus.ReadAccess(dataDir(ts))
	ts.Check(err)
	ts.Setenv("NATS", access.URL)
	ts.Setenv("SHAKEDOWN_NATS_TOKEN", access.Token)
}

func ready(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir := dataDir(ts)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !takesWork(ctx, dir) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("the server does not get ready")
		}
	}
}

func takesWork(ctx context.Context, dir string) bool {
	address, err := app.ReadAddress(dir)
	if err != nil {
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.HTTP+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func kubeconfig(server string) []byte {
	return fmt.Appendf(nil, `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":%q}}],
		"users":[{"name":"c","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, server)
}
