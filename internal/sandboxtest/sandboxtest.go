// Package sandboxtest gives the tests of a package a real Kubernetes: a sandbox
// of their own, with the shop's images on every node, that is gone afterwards.
//
// Only tests with the build tag "real" import it. A machine that cannot run the
// sandbox fails them; nothing is skipped.
package sandboxtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/image"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

// The variables that tests read.
const (
	// KubeconfigEnv is the path of the sandbox's kubeconfig.
	KubeconfigEnv = "SHAKEDOWN_TEST_KUBECONFIG"
	// PrometheusEnv is the address of the sandbox's Prometheus, where one was wanted.
	PrometheusEnv = "SHAKEDOWN_TEST_PROMETHEUS"
	// ShopV1 and ShopV2 are the images that every node has.
	ShopV1 = "shakedown.dev/shop:v1"
	ShopV2 = "shakedown.dev/shop:v2"
)

// limits of the whole set-up, builds included, and of the end.
const (
	setUpTimeout   = 30 * time.Minute
	destroyTimeout = 2 * time.Minute
)

// Options say what the tests need.
type Options struct {
	// Nodes is the number of workers; 0 means 3.
	Nodes int
	// Prometheus starts one beside the cluster.
	Prometheus bool
}

// Main makes the sandbox, runs the tests and destroys the sandbox, whatever the
// tests did. Its result is for os.Exit. Use it in TestMain.
func Main(m *testing.M, o Options) int {
	code, err := run(m, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sandbox for tests:", err) //nolint:forbidigo // there is no test yet that could be told
		return 1
	}
	return code
}

func run(m *testing.M, o Options) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "shakedown-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder below the temporary one
	s, err := newSetUp(dir)
	if err != nil {
		return 1, err
	}
	defer func() {
		if destroyed := s.destroy(); destroyed != nil && err == nil {
			code, err = 1, destroyed
		}
	}()
	if err := s.create(ctx, o); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// setUp is one sandbox for the tests of one package.
type setUp struct {
	dir, name string
	driver    *sandbox.Driver
	builder   *build.Builder
}

func newSetUp(dir string) (*setUp, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	sources, err := modules.Modules()
	if err != nil {
		return nil, err
	}
	builder, err := build.New(build.Config{
		CacheDir: filepath.Join(cache, "shakedown"), Modules: sources, Env: os.Environ(), Now: time.Now, //nolint:forbidigo // the go command needs the environment
	})
	if err != nil {
		return nil, err
	}
	driver, err := sandbox.New(sandbox.Config{DataDir: dir, Builder: builder, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return &setUp{dir: dir, name: fmt.Sprintf("t%d", os.Getpid()), driver: driver, builder: builder}, nil
}

func (s *setUp) create(ctx context.Context, o Options) error {
	report := progress{os.Stderr} //nolint:forbidigo // builds take minutes, and somebody waits
	document := provisioner.NewDocument(s.name)
	document.Spec.Driver, document.Spec.Nodes = provisioner.DriverSandbox, o.Nodes
	document = document.WithDefaults()
	if err := provisioner.Refusal(document, s.driver.Check(ctx, document)); err != nil {
		return err
	}
	if _, err := s.driver.Create(ctx, document, report); err != nil {
		return err
	}
	if err := s.loadShop(ctx, report); err != nil {
		return err
	}
	if err := os.Setenv(KubeconfigEnv, s.driver.KubeconfigPath(s.name)); err != nil {
		return err
	}
	if !o.Prometheus {
		return nil
	}
	url, err := s.driver.StartPrometheus(ctx, s.name, sandbox.PrometheusOptions{})
	if err != nil {
		return err
	}
	return os.Setenv(PrometheusEnv, url)
}

// loadShop gives every node the shop's images.
func (s *setUp) loadShop(ctx context.Context, report provisioner.Progress) error {
	folders, err := s.builder.Build(ctx, report, "shop")
	if err != nil {
		return err
	}
	var images []*image.Image
	for _, v := range []struct{ ref, version string }{{ShopV1, "v1"}, {ShopV2, "v2"}} {
		packed, err := image.Package(image.Spec{
			Ref: v.ref, Binary: filepath.Join(folders["shop"], "shop"), Name: "shop",
			Env: map[string]string{"SHOP_VERSION": v.version},
		})
		if err != nil {
			return err
		}
		images = append(images, packed)
	}
	archive := filepath.Join(s.dir, "shop.tar")
	if err := image.Save(archive, images...); err != nil {
		return err
	}
	return s.driver.LoadImage(ctx, s.name, archive)
}

func (s *setUp) destroy() error {
	ctx, cancel := context.WithTimeout(context.Background(), destroyTimeout)
	defer cancel()
	return s.driver.Destroy(ctx, s.name, provisioner.Quiet{})
}

// progress tells of long steps in plain lines.
type progress struct{ w io.Writer }

func (p progress) StepStarted(step string) { fmt.Fprintln(p.w, "#", step) }
func (progress) StepNote(string, string)   {}

func (p progress) StepEnded(step string, err error) {
	if err != nil {
		fmt.Fprintln(p.w, "#", step, "failed:", err)
	}
}

// Kubeconfig is the path of the sandbox's kubeconfig.
func Kubeconfig(t testing.TB) string { return variable(t, KubeconfigEnv) }

// Prometheus is the address of the sandbox's Prometheus.
func Prometheus(t testing.TB) string { return variable(t, PrometheusEnv) }

// Program builds a group of programs, unless they are in the cache, and returns
// the path of one of them: Program(t, "prometheus", "prometheus").
func Program(t testing.TB, group, name string) string {
	t.Helper()
	s, err := newSetUp(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folders, err := s.builder.Build(t.Context(), progress{t.Output()}, group)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folders[group], name)
}

func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name) //nolint:forbidigo // set above
	if value == "" {
		t.Fatalf("%s is not set: TestMain must call sandboxtest.Main", name)
	}
	return value
}
