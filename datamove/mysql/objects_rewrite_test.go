package mysql

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestByMention(t *testing.T) {
	var got []string
	for _, v := range byMention([]object{
		{name: "a", create: "SELECT * FROM `c` JOIN b"},
		{name: "b", create: "SELECT 'a' FROM c"},
		{name: "c", create: "SELECT c FROM t"},
		{name: "loop1", create: "loop2"},
		{name: "loop2", create: "loop1"},
	}) {
		got = append(got, v.name)
	}
	if diff := cmp.Diff([]string{"c", "b", "a", "loop2", "loop1"}, got); diff != "" {
		t.Error(diff)
	}
}
