package datamove

import "testing"

// globCase is a glob and a name, and whether it fits.
type globCase struct {
	glob, name string
	want       bool
}

func globCases() []globCase {
	return []globCase{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a/b.c", true},
		{"shop.*", "shop.orders", true},
		{"shop.*", "shops.orders", false},
		{"*.email", "shop.customers.email", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{`a\*c`, "a*c", true},
		{`a\*c`, "abc", false},
		{`\?`, "?", true},
		{`\?`, "a", false},
		{"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
		{"session:*:x", "session:1:y:x", true},
	}
}

func TestFits(t *testing.T) {
	for _, tc := range globCases() {
		if got := Fits(tc.glob, tc.name); got != tc.want {
			t.Errorf("Fits(%q, %q) is %t", tc.glob, tc.name, got)
		}
	}
}

func TestFilterTakes(t *testing.T) {
	f := Filter{Include: []string{"orders", "shop.c*"}, Exclude: []string{"*.cache"}}
	for names, want := range map[[2]string]bool{
		{"orders", "shop.orders"}:       true,
		{"customers", "shop.customers"}: true,
		{"cache", "shop.cache"}:         false,
		{"other", "shop.other"}:         false,
	} {
		if got := f.Takes(names[:]...); got != want {
			t.Errorf("Takes(%v) is %t", names, got)
		}
	}
	if !(Filter{}).Takes("anything") {
		t.Error("the zero filter leaves something out")
	}
}

// FuzzFits compares with the plain definition, which is slow for many stars.
func FuzzFits(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add(`\\*`, "*")
	f.Add("*a", "aa")
	f.Fuzz(func(t *testing.T, glob, name string) {
		if len(glob) > 12 || len(name) > 12 {
			return
		}
		if got, want := Fits(glob, name), plainFits(glob, name); got != want {
			t.Errorf("Fits(%q, %q) is %t", glob, name, got)
		}
	})
}

func plainFits(glob, name string) bool {
	switch {
	case glob == "":
		return name == ""
	case glob[0] == '*':
		return plainFits(glob[1:], name) || name != "" && plainFits(glob, name[1:])
	case name == "":
		return false
	case glob[0] == '?':
		return plainFits(glob[1:], name[1:])
	}
	literal, width := next(glob, 0)
	return literal == name[0] && plainFits(glob[width:], name[1:])
}
