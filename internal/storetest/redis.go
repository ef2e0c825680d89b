package storetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// redisStart is how long a server may take until it answers, loading included.
const redisStart = 20 * time.Second

// RedisServer is one Redis that a test may kill and start again in its folder.
type RedisServer struct {
	// Address is host:port, the same after Start.
	Address string
	// Dir is the server's folder, with its dump and its log.
	Dir string
	// Password is that of requirepass, empty for none.
	Password string

	args []string
	cmd  *exec.Cmd
}

// Redis starts a server with these further arguments. It saves nothing by itself:
// what is to survive Kill must be saved with SAVE.
func Redis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{Dir: t.TempDir()}
	s.launch(t, args)
	return s
}

// RedisWithPassword starts a server whose default user has this password.
func RedisWithPassword(t testing.TB, password string, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{Dir: t.TempDir(), Password: password}
	conf := filepath.Join(s.Dir, "redis.conf")
	if err := os.WriteFile(conf, []byte("requirepass "+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.launch(t, append([]string{conf}, args...))
	return s
}

// RedisCluster starts masters that share the 16384 slots evenly, without replicas,
// and returns when each of them knows all slots.
func RedisCluster(t testing.TB, masters int) []*RedisServer {
	t.Helper()
	nodes := make([]*RedisServer, masters)
	buses := make([]int, masters)
	for i := range nodes {
		buses[i] = freePort(t)
		nodes[i] = Redis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(buses[i]), "--cluster-node-timeout", "5000")
	}
	for i, n := range nodes {
		first, last := 16384*i/masters, 16384*(i+1)/masters-1
		n.mustSay(t, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", first, last))
		host, port, _ := strings.Cut(n.Address, ":")
		nodes[0].mustSay(t, fmt.Sprintf("CLUSTER MEET %s %s %d", host, port, buses[i]))
	}
	for _, n := range nodes {
		n.await(t, "a whole cluster", func() bool {
			info, err := n.say("CLUSTER INFO")
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", masters))
		})
	}
	return nodes
}

// Kill ends the server as a power cut does and waits until it is gone.
func (s *RedisServer) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGKILL) // it may be gone already
	_ = s.cmd.Wait()                          // it was killed
	s.cmd = nil
}

// Start starts a server that was killed, in the same folder at the same address.
func (s *RedisServer) Start(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatalf("redis-server: %v (package redis-server, see scripts/install-deps.sh)", err)
	}
	s.await(t, "an answer", func() bool {
		answer, err := s.say("PING")
		return err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-NOAUTH"))
	})
}

func (s *RedisServer) launch(t testing.TB, args []string) {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	s.Address = "127.0.0.1:" + port
	var conf []string
	if len(args) > 0 && !strings.HasPrefix(args[0], "--") {
		conf, args = args[:1], args[1:]
	}
	s.args = slices.Concat(conf, []string{
		"--port", port, "--bind", "127.0.0.1", "--dir", s.Dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--logfile", filepath.Join(s.Dir, "log"),
	}, args)
	t.Cleanup(s.Kill)
	s.Start(t)
}

func (s *RedisServer) run() error {
	s.cmd = exec.Command("redis-server", s.args...) //nolint:noctx // Kill ends it, at the latest in t.Cleanup
	// Should the test itself be killed, the kernel ends the server.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	return nil
}

// await asks until the answer is yes.
func (s *RedisServer) await(t testing.TB, what string, yes func() bool) {
	t.Helper()
	deadline := time.NewTimer(redisStart)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline.C:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log")) // it is only shown
			t.Fatalf("redis at %s: no %s after %s\n%s", s.Address, what, redisStart, log)
		}
	}
}

func (s *RedisServer) mustSay(t testing.TB, command string) {
	t.Helper()
	answer, err := s.say(command)
	if err != nil || !strings.HasPrefix(answer, "+") {
		t.Fatalf("redis at %s: %s: %s %v", s.Address, command, answer, err)
	}
}

// say sends one command and returns the line or bulk string that is answered.
func (s *RedisServer) say(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Address, time.Second) //nolint:noctx // it is bounded
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost with it
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	size, bulk := strings.CutPrefix(line, "$")
	if err != nil || !bulk {
		return line, err
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", err
	}
	content := make([]byte, n)
	_, err = io.ReadFull(r, content)
	return string(content), err
}

// freePort is one that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was accepted
	return l.Addr().(*net.TCPAddr).Port
}
