package dns

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// TestTXTName writes the names that external-dns reads, and reads them back.
func TestTXTName(t *testing.T) {
	for _, tc := range []struct {
		name     string
		registry Registry
		of       name.Name
		t        Type
		want     name.Name
	}{
		{"default", Registry{}, "www.shop.example", A, "a-www.shop.example"},
		{"long type", Registry{}, "www.shop.example", CNAME, "cname-www.shop.example"},
		{"hyphens", Registry{}, "a-b-c.example", AAAA, "aaaa-a-b-c.example"},
		{"wildcard", Registry{}, "*.shop.example", A, `a-\052.shop.example`},
		{"wildcard replaced", Registry{Wildcard: "any"}, "*.shop.example", A, "a-any.shop.example"},
		{"prefix", Registry{Prefix: "x-"}, "www.example", A, "x-a-www.example"},
		{"suffix", Registry{Suffix: "-x"}, "www.example", A, "a-www-x.example"},
		{"typed prefix", Registry{Prefix: "%{record_type}-abc-."}, "www.ex.com", CNAME, "cname-abc-.www.ex.com"},
		{"typed prefix at the apex", Registry{Prefix: "%{record_type}-abc-."}, "ex.com", CNAME, "cname-abc-.ex.com"},
		{"typed suffix", Registry{Suffix: "-.%{record_type}"}, "www.ex.com", CNAME, "www-.cname.ex.com"},
		{"wildcard below a prefix", Registry{Prefix: "%{record_type}-o."}, "*.ex.com", A, `a-o.\052.ex.com`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.registry.TXTName(tc.of, tc.t)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if n, of, ok := tc.registry.owned(got); n != tc.of || of != tc.t || !ok {
				t.Errorf("%s is read as %s %s, %v", got, n, of, ok)
			}
			if read, err := name.Read(got.API()); err != nil || read != got {
				t.Errorf("%s is listed as %s, %v", got, read, err)
			}
		})
	}
}

// TestOwnedByOlderVersions: a name without a type is that of an older version.
func TestOwnedByOlderVersions(t *testing.T) {
	for _, tc := range []struct {
		registry Registry
		txt      name.Name
		want     Key
	}{
		{Registry{}, "www.example", Key{Name: "www.example"}},
		{Registry{Prefix: "x-"}, "x-www.example", Key{Name: "www.example"}},
		{Registry{Prefix: "%{record_type}-o."}, "-o.www.example", Key{Name: "www.example"}},
		{Registry{}, "ptr-1.example", Key{Name: "1.example", Type: "PTR"}},
	} {
		n, of, ok := tc.registry.owned(tc.txt)
		if diff := cmp.Diff(tc.want, Key{Name: n, Type: of}); diff != "" || !ok {
			t.Errorf("%s: %v %s", tc.txt, ok, diff)
		}
	}
	if n, _, ok := (Registry{Prefix: "x-"}).owned("www.example"); ok {
		t.Errorf("a name without the prefix is read as %s", n)
	}
}

// TestReadOwner reads what external-dns writes, and nothing else.
func TestReadOwner(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		want        Owner
		ok          bool
	}{
		{"external-dns", `"heritage=external-dns,external-dns/owner=team,external-dns/resource=ingress/ns/n"`, Owner{"team", "ingress/ns/n"}, true},
		{"further labels", `"heritage=external-dns,external-dns/aws-zone=z,external-dns/owner=team"`, Owner{ID: "team"}, true},
		{"no owner", `"heritage=external-dns"`, Owner{}, true},
		{"not quoted", "heritage=external-dns,external-dns/owner=team", Owner{ID: "team"}, true},
		{"ours", Owner{"a", "hostnames/b"}.text(), Owner{"a", "hostnames/b"}, true},
		{"other heritage", `"heritage=mate,external-dns/owner=team"`, Owner{}, false},
		{"other text", `"v=spf1 -all"`, Owner{}, false},
	} {
		if got, ok := readOwner(tc.value); got != tc.want || ok != tc.ok {
			t.Errorf("%s: got %v, %v", tc.name, got, ok)
		}
	}
}

// TestFits: the first label holds what the registry adds.
func TestFits(t *testing.T) {
	for _, tc := range []struct {
		name     string
		registry Registry
		label    int
		of       Type
		says     string
	}{
		{"just fits", Registry{}, 61, A, ""},
		{"too long by one", Registry{}, 62, A, "is 1 characters too long"},
		{"longer type", Registry{}, 58, CNAME, "is 1 characters too long"},
		{"prefix of its own label", Registry{Prefix: "%{record_type}-o."}, 63, CNAME, ""},
		{"suffix", Registry{Suffix: "-owner"}, 56, A, "is 1 characters too long"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := name.Name(strings.Repeat("a", tc.label) + ".example")
			err := tc.registry.Fits(n, tc.of)
			if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
				t.Fatalf("got %v, want %q", err, tc.says)
			}
			if tc.says != "" {
				_, hint, _ := strings.Cut(err.Error(), "; ")
				if err := tc.registry.Fits(name.Name(strings.TrimSuffix(hint, " would do")), tc.of); err != nil {
					t.Errorf("what would do does not: %v", err)
				}
			}
		})
	}
}

// TestAmbiguousRegistry: where the type runs into the name, AAAA of www would be A of
// aaawww.
func TestAmbiguousRegistry(t *testing.T) {
	for r, wrong := range map[Registry]bool{
		{Prefix: "%{record_type}"}: true, {Suffix: "%{record_type}"}: true, {Prefix: "x-%{record_type}"}: true, {Suffix: "-x%{record_type}"}: true,
		{Prefix: "%{record_type}-%{record_type}"}: true, {Suffix: "%{record_type}-%{record_type}"}: true,
		{Prefix: "%{record_type}-"}: false, {Prefix: "%{record_type}."}: false, {Suffix: "-%{record_type}"}: false, {Suffix: ".%{record_type}"}: false, {Prefix: "x-"}: false,
	} {
		if err := r.Check(); (err != nil) != wrong {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// FuzzOwned: whatever the registry writes, it reads back, and so does external-dns.
func FuzzOwned(f *testing.F) {
	for _, seed := range []string{"www.example", "a-b.example", "*.example", "cname-x.example", "example"} {
		f.Add(seed, "", "", "A")
		f.Add(seed, "%{record_type}.", "", "CNAME")
		f.Add(seed, "", "-x", "AAAA")
	}
	f.Fuzz(func(t *testing.T, text, prefix, suffix, of string) {
		r := Registry{Prefix: prefix, Suffix: suffix}
		n, err := name.Parse(text)
		known := Type(of)
		if err != nil || r.Check() != nil || !slices.Contains(Types(), known) || strings.Count(string(n), ".") < 2 || r.Fits(n, known) != nil {
			return
		}
		if got, gotType, ok := r.owned(r.TXTName(n, known)); !ok || got != n || gotType != known {
			t.Errorf("%+v: %s %s has %s, which is read as %s %s, %v", r, n, known, r.TXTName(n, known), got, gotType, ok)
		}
	})
}
