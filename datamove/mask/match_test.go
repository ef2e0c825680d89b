package mask

import (
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
)

func as(t datamove.Transform) string {
	if t == nil {
		return ""
	}
	return t.As()
}

func TestFirstRuleDecides(t *testing.T) {
	p, err := New([]datamove.Rule{
		{Column: "shop.customers.id", As: "keep"},
		{Column: "shop.customers.profile", Path: "$.mail", As: "email"},
		{Column: "shop.customers.*", As: "text"},
		{Key: "session:*", Field: "mail", As: "email"},
		{Key: "session:*", Field: "id", As: "keep"},
		{Key: "session:*", As: "name"},
		{Key: "cache:*", As: "keep"},
		{Key: "doc:*", Path: "$.user", As: "name"},
		{Object: "avatars/*", As: "keep"},
		{Object: "exports/*.json", Path: "$.mail", As: "email"},
	}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	session := p.Key("session:1")
	for _, tc := range []struct{ what, got, want string }{
		{"kept column", as(p.Column("shop", "customers", "id")), ""},
		{"column with a path and a rest", as(p.Column("shop", "customers", "profile")), "email+text"},
		{"column", as(p.Column("shop", "customers", "name")), "text"},
		{"other table", as(p.Column("shop", "orders", "name")), ""},
		{"field", as(session.Field("mail")), "email"},
		{"kept field", as(session.Field("id")), ""},
		{"any field", as(session.Field("other")), "name"},
		{"value", as(session.Value()), "name"},
		{"value with a path", as(p.Key("doc:1").Value()), "name"},
		{"object", as(p.Object("exports/a.json")), "email"},
		{"kept object", as(p.Object("avatars/1.png")), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s is masked as %q, want %q", tc.what, tc.got, tc.want)
		}
	}
	if p.Key("cache:1") != nil || p.Key("other") != nil {
		t.Error("a key is masked that should be kept")
	}
}

// TestSameInAllStores is what joins across stores rest on.
func TestSameInAllStores(t *testing.T) {
	p, err := New([]datamove.Rule{
		{Column: "shop.*.email", As: "email", Unique: true},
		{Key: "user:*", Field: "mail", As: "email"},
		{Key: "mail", As: "email"},
		{Object: "*", Path: "$.mail", As: "email"},
	}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	in := []byte("alice@example.com")
	want, _, _ := p.Column("shop", "customers", "email").Mask(nil, in)
	field, _, _ := p.Key("user:1").Field("mail").Mask(nil, in)
	value, _, _ := p.Key("mail").Value().Mask(nil, in)
	object, _, _ := p.Object("x").Mask(nil, []byte(`{"mail":"alice@example.com"}`))
	if string(field) != string(want) || string(value) != string(want) || string(object) != `{"mail":"`+string(want)+`"}` {
		t.Errorf("column %s, field %s, value %s, object %s", want, field, value, object)
	}
	if p.Grows("shop", "a", "email") != 5 || p.Grows("shop", "a", "name") != 0 || len(want) != len(in)+5 {
		t.Errorf("it grows by %d", p.Grows("shop", "a", "email"))
	}
}

// TestTransformsServeSeveralGoroutines is for the race detector, too.
func TestTransformsServeSeveralGoroutines(t *testing.T) {
	p := policyOf(t, "email", false)
	want := masker(t, "email", false)("alice@example.com")
	shared := p.Column("d", "t", "c")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if got, _, err := shared.Mask(nil, []byte("alice@example.com")); err != nil || string(got) != want {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestNoAllocations(t *testing.T) {
	kinds := newKinds(nil, testKey)
	for _, as := range formats() {
		e, _ := kinds[as].pool.New().(*engine)
		in, buf := []byte("1984-05-12 alice@example.com"), make([]byte, 0, 256)
		if n := testing.AllocsPerRun(200, func() { kinds[as].mask(e, buf, in) }); n >= 1 {
			t.Errorf("%s allocates %v times a value", as, n)
		}
	}
}
