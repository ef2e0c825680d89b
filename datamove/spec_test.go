package datamove

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func keys(problems events.Problems) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Key)
	}
	slices.Sort(all)
	return all
}

func TestValidate(t *testing.T) {
	store := func(change func(*Store)) func(*Document) {
		return func(d *Document) { change(&d.Spec.Stores[0]) }
	}
	for name, tc := range map[string]struct {
		change func(*Document)
		want   []string
	}{
		"good":             {func(*Document) {}, nil},
		"for environments": {store(func(s *Store) { s.To.URL = "mysql://root@db.${environment}:3306/shop" }), nil},
		"version":          {func(d *Document) { d.APIVersion = "v0" }, []string{"apiVersion"}},
		"kind":             {func(d *Document) { d.Kind = "Copy" }, []string{"kind"}},
		"name":             {func(d *Document) { d.Metadata.Name = "A b" }, []string{"metadata.name"}},
		"environment":      {func(d *Document) { d.Spec.Environment = "../x" }, []string{"spec.environment"}},
		"no stores":        {func(d *Document) { d.Spec.Stores = nil }, []string{"spec.stores"}},
		"twice":            {func(d *Document) { d.Spec.Stores = append(d.Spec.Stores, d.Spec.Stores[0]) }, []string{"spec.stores[1].name"}},
		"no url":           {store(func(s *Store) { s.From.URL = "" }), []string{"spec.stores[0].from.url"}},
		"password":         {store(func(s *Store) { s.From.URL = "mysql://root:canary@db/shop" }), []string{"spec.stores[0].from.url"}},
		"scheme":           {store(func(s *Store) { s.To.URL = "postgres://db/shop" }), []string{"spec.stores[0].to.url"}},
		"two kinds":        {store(func(s *Store) { s.To.URL = "redis://db/0" }), []string{"spec.stores[0].to.url"}},
		"two places":       {store(func(s *Store) { s.From.Credentials.File = "x" }), []string{"spec.stores[0].from.credentials"}},
		"a way upwards": {
			store(func(s *Store) { s.To.Credentials.Secret = &SecretRef{Namespace: "a/../b", Name: "..", Key: "k"} }),
			[]string{"spec.stores[0].to.credentials.secret.name", "spec.stores[0].to.credentials.secret.namespace"},
		},
		"half a secret":    {store(func(s *Store) { s.To.Credentials.Secret = &SecretRef{Name: "x"} }), []string{"spec.stores[0].to.credentials.secret"}},
		"existing":         {store(func(s *Store) { s.Existing = "overwrite" }), []string{"spec.stores[0].existing"}},
		"negative":         {store(func(s *Store) { s.MySQL.Loaders = -1 }), []string{"spec.stores[0].mysql.loaders"}},
		"subset":           {store(func(s *Store) { s.MySQL.Subset.Limit = 5 }), []string{"spec.stores[0].mysql.subset.table"}},
		"foreign settings": {store(func(s *Store) { s.S3.Delete = true }), []string{"spec.stores[0].s3"}},
		"strange throttle": {store(func(s *Store) { s.Throttle.MaxLatency = 1 }), []string{"spec.stores[0].throttle.maxLatency"}},
		"no key": {
			func(d *Document) { d.Spec.Masking.Rules = []Rule{{Column: "*", As: "email"}} },
			[]string{"spec.masking.key"},
		},
		"only keep": {func(d *Document) { d.Spec.Masking.Rules = []Rule{{Column: "*", As: "keep"}} }, nil},
		"rules": {func(d *Document) {
			d.Spec.Masking = Masking{Key: Credentials{Env: "KEY"}, Rules: []Rule{
				{As: "email"}, {Column: "a", Key: "b", As: "email"}, {Column: "a", As: "e-mail"}, {Column: "a", Field: "f", As: "text"}, {Object: "a", Path: "x", As: "text"},
			}}
		}, []string{"spec.masking.rules[0]", "spec.masking.rules[1]", "spec.masking.rules[2].as", "spec.masking.rules[3].field", "spec.masking.rules[4].path"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := document()
			tc.change(&d)
			if diff := cmp.Diff(tc.want, keys(d.Validate())); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	raw, err := json.Marshal(document())
	if err != nil {
		t.Fatal(err)
	}
	if d, err := Parse(raw); err != nil || len(d.Validate()) > 0 {
		t.Errorf("got %+v, %v", d, err)
	}
	for _, bad := range []string{"", "{", `{"kindd":"DataCopy"}`, string(raw) + "{}"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"DataCopy","spec":{"stores":[{"from":{"url":"s3://a/b"}}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Parse(raw)
		if err != nil || len(d.Validate()) > 0 {
			return
		}
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := Parse(again); err != nil || !sameDocument(d, other) {
			t.Errorf("a valid document is not read back: %v", err)
		}
	})
}

func TestFor(t *testing.T) {
	d := document()
	d.Spec.Stores[0].To = Endpoint{
		URL:         "mysql://root@db.${environment}/shop",
		Credentials: Credentials{Secret: &SecretRef{Namespace: "${environment}", Name: "db", Key: "password"}},
	}
	if !d.needsEnvironment() {
		t.Error("the word is not found")
	}
	got := d.For("pr-1")
	want := Endpoint{
		URL:         "mysql://root@db.pr-1/shop",
		Credentials: Credentials{Secret: &SecretRef{Namespace: "pr-1", Name: "db", Key: "password"}},
	}
	if diff := cmp.Diff(want, got.Spec.Stores[0].To); diff != "" || got.Spec.Environment != "pr-1" || got.needsEnvironment() {
		t.Errorf("document for pr-1 (-want +got):\n%s", diff)
	}
	if d.Spec.Stores[0].To.Credentials.Secret.Namespace != "${environment}" {
		t.Error("the original was changed")
	}
	adapter := &fakeAdapter{}
	if _, err := newCopier(t, adapter, nil).Copy(t.Context(), d, CopyOptions{}, silent{}); events.KindOf(err) != events.KindInvalid || len(adapter.copies()) > 0 {
		t.Errorf("copy for no environment: %v", err)
	}
}
