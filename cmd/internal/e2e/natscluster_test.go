//go:build real

package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// childNATS is the configuration file that turns this test binary into a NATS server.
const childNATS = "SHAKEDOWN_E2E_NATS_SERVER"

// nodes is how many servers a NATS cluster has.
const nodes = 3

// natsNode is a NATS server until it is killed.
func natsNode(file string) int {
	o, err := natsserver.ProcessConfigFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := natsserver.NewServer(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.ConfigureLogger()
	s.Start()
	s.WaitForShutdown()
	return 0
}

// natsCluster is a cluster of NATS servers, each a process.
type natsCluster struct {
	dir      string
	ports    []int // of clients, of the other servers and of HTTP, for each node
	commands [nodes]*exec.Cmd
}

func startNATS(t *testing.T) *natsCluster {
	t.Helper()
	c := &natsCluster{dir: t.TempDir(), ports: freePorts(t, 3*nodes)}
	for i := range nodes {
		c.start(t, i)
	}
	t.Cleanup(func() {
		for i := range nodes {
			c.kill(i)
		}
	})
	for i := range nodes {
		c.await(t, i)
	}
	return c
}

// url names all servers.
func (c *natsCluster) url() string {
	var urls []string
	for i := range nodes {
		urls = append(urls, "nats://127.0.0.1:"+strconv.Itoa(c.ports[i]))
	}
	return strings.Join(urls, ",")
}

func (c *natsCluster) start(t *testing.T, i int) {
	t.Helper()
	var routes []string
	for _, port := range c.ports[nodes : 2*nodes] {
		routes = append(routes, "nats://127.0.0.1:"+strconv.Itoa(port))
	}
	name := filepath.Join(c.dir, "nats-"+strconv.Itoa(i))
	content := fmt.Sprintf(`server_name: nats-%d, listen: "127.0.0.1:%d", http: "127.0.0.1:%d", max_payload: 8MB, log_file: %q
		jetstream {store_dir: %q}
		cluster {name: e2e, listen: "127.0.0.1:%d", routes: [%s]}`,
		i, c.ports[i], c.ports[2*nodes+i], name+".log", name, c.ports[nodes+i], strings.Join(routes, ","))
	if err := os.WriteFile(name+".conf", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c.commands[i] = exec.Command(os.Args[0])
	c.commands[i].Env = append(os.Environ(), childNATS+"="+name+".conf")
	if err := c.commands[i].Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends the node with SIGKILL, and waits for its end.
func (c *natsCluster) kill(i int) {
	if c.commands[i] != nil {
		_ = c.commands[i].Process.Kill()
		_ = c.commands[i].Wait()
	}
}

// await waits until the node has all that the others have.
func (c *natsCluster) await(t *testing.T, i int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	said := "nothing"
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/healthz", c.ports[2*nodes+i]), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := new(http.Client).Do(request); err == nil {
			body, _ := io.ReadAll(io.LimitReader(response.Body, 1000)) // what there is of it
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
			said = strings.TrimSpace(string(body))
		}
		tick(ctx)
	}
	log, _ := os.ReadFile(filepath.Join(c.dir, fmt.Sprintf("nats-%d.log", i)))
	t.Fatalf("nats server %d does not come back within %s; it says %s\n%s", i, patience, said, log[max(0, len(log)-4000):])
}

// freePorts are ports of loopback that nobody listens at.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, number)
	}
	return ports
}
