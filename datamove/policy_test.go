package datamove

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestPolicyValidate(t *testing.T) {
	bad := PolicyDocument{Header: events.Header{APIVersion: "v0", Kind: "Rules"}, Spec: PolicySpec{Data: Policy{
		Targets: []Target{{Environment: "pr-*"}}, Production: Production{MaxBytes: -1, MaxConnections: -1},
	}}}
	want := []string{
		"apiVersion", "kind", "metadata.name", "spec.data.production.maxBytes", "spec.data.production.maxConnections", "spec.data.targets[0].allow",
	}
	if diff := cmp.Diff(want, keys(bad.Validate())); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	good := PolicyDocument{Header: events.NewHeader(PolicyKind, "data")}
	if problems := good.Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestJoin takes all rules of both and the stricter bounds.
func TestJoin(t *testing.T) {
	a := Policy{Targets: []Target{{Allow: []string{"a"}}}, Protected: []string{"pa"}, Production: Production{MaxBytes: 10, Names: []string{"na"}}}
	b := Policy{Targets: []Target{{Allow: []string{"b"}}}, Protected: []string{"pb"}, Production: Production{MaxBytes: 5, MaxConnections: 3, Fingerprints: []string{"fb"}}}
	want := Policy{
		Targets: []Target{{Allow: []string{"a"}}, {Allow: []string{"b"}}}, Protected: []string{"pa", "pb"},
		Production: Production{MaxBytes: 5, MaxConnections: 3, Names: []string{"na"}, Fingerprints: []string{"fb"}},
	}
	if diff := cmp.Diff(want, a.Join(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIsProtected(t *testing.T) {
	p := Policy{Protected: []string{"mysql://db.stage:*", "mysql://DB.Live/*", "mysql://db.old*"}}
	for url, want := range map[string]bool{
		"mysql://DB.stage/Shop": true, "mysql://db.stage.:3306/shop": true, // the same host
		"mysql://db.live:3307/shop": true, "mysql://db.old.example/x": true,
		"mysql://reader@db.stage/shop": true, "mysql://db.pr/shop": false, "mysql://": true, // what cannot be read counts as protected
	} {
		if got := p.IsProtected(Endpoint{URL: url}); got != want {
			t.Errorf("%s is protected: %t", url, got)
		}
	}
	if !p.IsProtected(Endpoint{URL: "mysql://db.pr/shop", Protected: true}) {
		t.Error("the endpoint's own word does not count")
	}
}

// secrets has one variable and every Secret but one.
func secrets() Secrets {
	return Secrets{
		Env: func(name string) string { return map[string]string{"SET": "canary"}[name] },
		Kubernetes: func(_ context.Context, ref SecretRef) (string, error) {
			if ref.Name == "none" {
				return "", errors.New("no such Secret")
			}
			return ref.Namespace + "/" + ref.Name + "/" + ref.Key, nil
		},
	}
}

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("canary \n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := secrets()
	for _, tc := range []struct {
		name       string
		from       Credentials
		want, fail string
	}{
		{"none", Credentials{}, "", ""},
		{"variable", Credentials{Env: "SET"}, "canary", ""},
		{"variable that is not set", Credentials{Env: "UNSET"}, "", "UNSET is not set"},
		{"file loses one newline", Credentials{File: path}, "canary \n", ""},
		{"no file", Credentials{File: path + "x"}, "", "no such file"},
		{"Secret", Credentials{Secret: &SecretRef{"a", "b", "c"}}, "a/b/c", ""},
		{"no Secret", Credentials{Secret: &SecretRef{"a", "none", "c"}}, "", "no such Secret"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := s.Read(t.Context(), tc.from)
			if got != tc.want || (err != nil) != (tc.fail != "") || err != nil && !strings.Contains(err.Error(), tc.fail) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestSecretWithoutACluster(t *testing.T) {
	s := secrets()
	s.Kubernetes = nil
	if _, err := s.Read(t.Context(), Credentials{Secret: &SecretRef{"a", "b", "c"}}); events.KindOf(err) != events.KindInvalid {
		t.Errorf("Secret without a cluster: %v", err)
	}
}
