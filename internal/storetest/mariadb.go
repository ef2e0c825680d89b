package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// The account of a MariaDBServer, which may do everything.
const (
	MariaDBUser     = "canary"
	MariaDBPassword = "canary-password"
)

// mariadbReady bounds a start, recovery after a kill included.
const mariadbReady = time.Minute

// MariaDBServer is a mariadbd of a test. Its methods end the test when they fail.
type MariaDBServer struct {
	// Address is host:port, the same after Start.
	Address string
	// Dir holds the datadir "data" and the log "log".
	Dir  string
	args []string
	run  *exec.Cmd
	done chan struct{}
}

// MariaDB starts a server without a binary log and with a small buffer pool. Args
// are added to the command line, so they win. It is gone when the test ends.
func MariaDB(t testing.TB, args ...string) *MariaDBServer {
	t.Helper()
	template, err := mariadbTemplate()
	if err != nil {
		t.Fatalf("datadir of MariaDB: %v", err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	s := &MariaDBServer{Dir: dir, args: args, Address: freeAddress(t)}
	t.Cleanup(s.end)
	s.Start(t)
	return s
}

// Start starts the server again after Kill or Stop, with the same data and address.
func (s *MariaDBServer) Start(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.Address)
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()                                //nolint:errcheck // the server has a descriptor of its own
	// Of its own: a server that starts removes what others have in a common one.
	if err := os.MkdirAll(filepath.Join(s.Dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("mariadbd", append([]string{ //nolint:noctx // it ends by Kill, Stop or with the test
		"--no-defaults", "--datadir=" + filepath.Join(s.Dir, "data"), "--tmpdir=" + filepath.Join(s.Dir, "tmp"), "--user=root",
		"--bind-address=127.0.0.1", "--port=" + port, "--socket=mariadbd.sock", "--pid-file=mariadbd.pid",
		"--skip-log-bin", "--skip-name-resolve", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=64M",
		"--innodb-flush-log-at-trx-commit=2", "--max-allowed-packet=64M",
	}, s.args...)...)
	run.Stdout, run.Stderr = log, log
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s.run, s.done = run, done
	go func() {
		defer close(done)
		_ = run.Wait() // how it ended is in its log
	}()
	s.await(t)
}

// await returns when the server answers.
func (s *MariaDBServer) await(t testing.TB) {
	t.Helper()
	db := s.DB(t)
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), mariadbReady)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return
		}
		select {
		case <-s.done:
			t.Fatalf("mariadbd ended: %s", s.tail())
		case <-ctx.Done():
			t.Fatalf("mariadbd does not answer: %v: %s", err, s.tail())
		case <-tick.C:
		}
	}
}

// Kill ends the server by SIGKILL and returns when it is gone.
func (s *MariaDBServer) Kill() {
	_ = s.run.Process.Kill() // gone already is what is wanted
	<-s.done
}

// Stop lets the server end in order.
func (s *MariaDBServer) Stop() {
	_ = s.run.Process.Signal(syscall.SIGTERM) // gone already is what is wanted
	<-s.done
}

// Pause stops the process (SIGSTOP), as a hanging server does; Continue undoes it.
func (s *MariaDBServer) Pause() error { return s.run.Process.Signal(syscall.SIGSTOP) }

// Continue undoes Pause.
func (s *MariaDBServer) Continue() error { return s.run.Process.Signal(syscall.SIGCONT) }

// PID is that of the running server.
func (s *MariaDBServer) PID() int { return s.run.Process.Pid }

func (s *MariaDBServer) end() {
	if s.run != nil {
		s.Kill()
	}
}

// URL names a database of the server as documents do, without the password.
func (s *MariaDBServer) URL(database string) string {
	return "mysql://" + MariaDBUser + "@" + s.Address + "/" + database
}

// DB opens the server, no database chosen. Several statements in one Exec are allowed.
// It is closed when the test ends.
func (s *MariaDBServer) DB(t testing.TB) *sql.DB {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr = MariaDBUser, MariaDBPassword, "tcp", s.Address
	c.MultiStatements, c.Collation = true, "utf8mb4_general_ci"
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

// Exec runs statements on one connection that chooses no database.
func (s *MariaDBServer) Exec(t testing.TB, statements ...string) {
	t.Helper()
	db := s.DB(t)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range statements {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.200s: %v", statement, err)
		}
	}
}

func (s *MariaDBServer) tail() string {
	log, err := os.ReadFile(filepath.Join(s.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-2000):])
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nobody has connected
	return l.Addr().String()
}

// mariadbTemplate is a datadir with the account, made once for each version of the
// server and kept in the user's cache.
func mariadbTemplate() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	version, err := exec.Command("mariadbd", "--no-defaults", "--version").Output() //nolint:noctx // it ends at once
	if err != nil {
		return "", fmt.Errorf("mariadbd --version: %w; run scripts/install-deps.sh test", err)
	}
	fields := strings.Fields(string(version))
	if len(fields) < 3 {
		return "", fmt.Errorf("mariadbd --version says %q", version)
	}
	dir := filepath.Join(cache, "shakedown", "mariadb-1-"+fields[2])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	return dir, makeTemplate(dir)
}

// makeTemplate fills a folder beside dir and renames it, so that a template is
// whole or not there, also with two tests at it.
func makeTemplate(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), "mariadb-new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // a folder of the cache
	data, account := filepath.Join(temporary, "data"), filepath.Join(temporary, "account.sql")
	grant := fmt.Sprintf("FLUSH PRIVILEGES;\nGRANT ALL ON *.* TO '%s'@'%%' IDENTIFIED BY '%s' WITH GRANT OPTION;\n", MariaDBUser, MariaDBPassword)
	if err := os.WriteFile(account, []byte(grant), 0o600); err != nil {
		return err
	}
	out, err := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+data, "--user=root", //nolint:noctx // it takes a second
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
		"--innodb-log-file-size=4M", "--extra-file="+account).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	if err := os.Rename(data, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// With starts a server that was stopped with more arguments.
func (s *MariaDBServer) With(t testing.TB, args ...string) *MariaDBServer {
	t.Helper()
	s.args = append(s.args, args...)
	s.Start(t)
	return s
}
