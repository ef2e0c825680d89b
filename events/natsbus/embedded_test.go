package natsbus_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

func TestEmbeddedKeepsOthersOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	access := natsbustest.Start(t, dir).Access()
	if !strings.HasPrefix(access.URL, "nats://127.0.0.1:") {
		t.Errorf("listens on %s", access.URL)
	}
	for _, token := range []string{"", "guess"} {
		_, err := natsbus.Connect(t.Context(), natsbus.Config{Access: natsbus.Access{URL: access.URL, Token: token}})
		if events.KindOf(err) != events.KindUnavailable || !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("token %q: got %v", token, err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Dir(path) != dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data directory: %v, %v", info.Mode(), err)
	}
}

func TestEmbeddedIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	if _, err := natsbus.ReadAccess(dir); events.KindOf(err) != events.KindUnavailable {
		t.Errorf("got %v", err)
	}
	first := natsbustest.Start(t, dir)
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Errorf("second stop: %v", err)
	}
	second := natsbustest.Start(t, dir)
	found, err := natsbus.ReadAccess(dir)
	if err != nil || found != second.Access() || found != first.Access() {
		t.Errorf("found %s, %v; started %s and %s", found, err, first.Access(), second.Access())
	}
}

func TestEmbeddedRefuses(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	})
	inUse := t.TempDir()
	natsbustest.Start(t, inUse)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		e    natsbus.Embedded
		kind events.Kind
		says string
	}{
		{"directory in use", natsbus.Embedded{Dir: inUse}, events.KindRefused, "in use by another server"},
		{"port in use", natsbus.Embedded{Dir: t.TempDir(), Port: taken.Addr().(*net.TCPAddr).Port}, events.KindRefused, "address already in use"},
		{"directory is a file", natsbus.Embedded{Dir: file}, "", "data directory"},
		{"no room for the store", natsbus.Embedded{Dir: blocked}, "", "JetStream"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, err := natsbus.StartEmbedded(t.Context(), c.e)
			if err == nil {
				t.Fatal(server.Stop(t.Context()))
			}
			if events.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q of kind %q", err, events.KindOf(err))
			}
		})
	}
	// What failed has left nothing that is in the way.
	if err := os.Remove(filepath.Join(blocked, "jetstream")); err != nil {
		t.Fatal(err)
	}
	natsbustest.Start(t, blocked)
}

func TestConnectRefuses(t *testing.T) {
	access := natsbustest.Start(t, t.TempDir()).Access()
	began := time.Now()
	for _, c := range []struct {
		name   string
		access natsbus.Access
		says   string
	}{
		{"nobody there", natsbus.Access{URL: "nats://user:hunter2@127.0.0.1:1"}, "nats://127.0.0.1:1"},
		{"no address", natsbus.Access{URL: "nats://"}, "connect"},
		{"no nkey file", natsbus.Access{URL: access.URL, NKeyFile: "/nowhere"}, "/nowhere"},
		{"no creds file", natsbus.Access{URL: access.URL, CredentialsFile: "/nowhere"}, "/nowhere"},
		{"no CA file", natsbus.Access{URL: access.URL, Token: access.Token, CAFile: "/nowhere"}, "/nowhere"},
		{"no client certificate", natsbus.Access{URL: access.URL, Token: access.Token, CertFile: "/nowhere"}, "/nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := natsbus.Connect(t.Context(), natsbus.Config{Access: c.access})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
	timebound.Check(t, "to be refused by all", time.Since(began), 5*time.Second)
}

func TestCloseEndsEverything(t *testing.T) {
	server := natsbustest.Start(t, t.TempDir())
	bus := natsbustest.Connect(t, server.Access())
	running, ended := make(chan struct{}), make(chan error, 1)
	sub, err := bus.Subscribe(t.Context(), events.Subscription{
		Type: events.StopEngagedTopic.Type(), Group: "g",
		Handle: func(ctx context.Context, _ events.Envelope) error {
			close(running)
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	watched := make(chan error, 1)
	ready := make(chan struct{})
	go func() {
		watched <- bus.Watch(context.WithoutCancel(t.Context()), events.Filter{Ready: func() { close(ready) }}, func(events.Envelope) bool { return true })
	}()
	<-ready
	if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First(""), events.StopEngaged{}); err != nil {
		t.Fatal(err)
	}
	<-running
	for range 2 {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	}
	sub.Wait()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("handler's context: %v", err)
	}
	if err := <-watched; events.KindOf(err) != events.KindUnavailable {
		t.Errorf("watch: %v", err)
	}
	if _, err := bus.Subscribe(t.Context(), events.Subscription{Type: "shakedown.v1.x", Group: "g", Handle: func(context.Context, events.Envelope) error { return nil }}); events.KindOf(err) != events.KindUnavailable {
		t.Errorf("subscribe after close: %v", err)
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	a := natsbus.Access{URL: "nats://me:pass1@a:1,nats://tok2@b:2", Token: "tok3", Password: "pass4"}
	log.Info("connecting", "access", a)
	for _, secret := range []string{"pass1", "tok2", "tok3", "pass4"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is in %s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "nats://a:1,nats://b:2") {
		t.Errorf("got %s", out.String())
	}
}

// TestPasswordThatIsNoPartOfAnAddress is in no error, whatever characters it has.
func TestPasswordThatIsNoPartOfAnAddress(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"s3c%ret", "s3c,ret", "s3c ret%", "s3c/ret", "s3c#ret"} {
		access := natsbus.Access{URL: "nats://me:" + password + "@127.0.0.1:1"}
		_, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access})
		if err == nil || strings.Contains(err.Error()+access.String(), "s3c") {
			t.Errorf("password %q: %v, %s", password, err, access)
		}
	}
}
