package s3

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// given is a listing that is known.
type given struct {
	rels []string
	err  error
}

func (g *given) next() (*object, error) {
	if len(g.rels) == 0 {
		return nil, g.err
	}
	o := &object{rel: g.rels[0]}
	g.rels = g.rels[1:]
	return o, nil
}

// FuzzJoin wants every key once, in order, with the right sides.
func FuzzJoin(f *testing.F) {
	f.Add("a,b,d/", "b,c")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, left, right string) {
		src, dst := keysOf(left), keysOf(right)
		var seen []string
		err := join(&given{rels: slices.Clone(src)}, &given{rels: slices.Clone(dst)}, func(p pair) error {
			seen = append(seen, p.rel)
			if (p.src != nil) != slices.Contains(src, p.rel) || (p.dst != nil) != slices.Contains(dst, p.rel) {
				t.Errorf("%q: source %t, target %t", p.rel, p.src != nil, p.dst != nil)
			}
			return nil
		})
		want := slices.Compact(slices.Sorted(slices.Values(slices.Concat(src, dst))))
		if err != nil || !slices.Equal(seen, want) {
			t.Errorf("saw %q, want %q, %v", seen, want, err)
		}
	})
}

func keysOf(text string) []string {
	return slices.Compact(slices.Sorted(slices.Values(strings.Split(text, ","))))
}

func TestJoinEndsWithTheListing(t *testing.T) {
	broken := errors.New("cut off")
	err := join(&given{rels: []string{"a"}, err: broken}, &given{}, func(pair) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("a listing that was cut off ended with %v", err)
	}
}

// listed is a listing of one page.
func listed(rels []string) *listing {
	var all []object
	for _, rel := range rels {
		all = append(all, object{rel: rel})
	}
	s := &listing{pages: make(chan page, 1)}
	s.pages <- page{objects: all}
	close(s.pages)
	return s
}

func TestStreamOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		rels []string
		want error
	}{
		"in order":      {[]string{"a", "a-", "a/", "a0"}, nil},
		"out of order":  {[]string{"a/", "a-"}, errDisorder},
		"twice":         {[]string{"a", "a"}, errDisorder},
		"empty, then a": {[]string{"", "a"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := listed(tc.rels)
			var err error
			for o := (&object{}); o != nil && err == nil; {
				o, err = s.next()
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestStreamSort(t *testing.T) {
	s := &listing{pages: make(chan page, 2)}
	s.pages <- page{objects: []object{{rel: "b"}, {rel: "c"}}}
	s.pages <- page{objects: []object{{rel: "a"}}}
	close(s.pages)
	if err := s.sort(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a", "b", "c"} {
		if o, err := s.next(); err != nil || o.rel != want {
			t.Errorf("%v, %v, want %s", o, err, want)
		}
	}
}
