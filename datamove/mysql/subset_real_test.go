//go:build real

package mysql

import (
	"errors"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestSubset(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop",
		"CREATE TABLE people (id INT PRIMARY KEY, boss INT, deputy INT, FOREIGN KEY (boss) REFERENCES people (id), FOREIGN KEY (deputy) REFERENCES people (id))",
		"CREATE TABLE products (a INT, b VARCHAR(10), PRIMARY KEY (a,b))",
		"CREATE TABLE sales (id INT PRIMARY KEY, person INT NOT NULL, a INT, b VARCHAR(10), FOREIGN KEY (person) REFERENCES people (id), FOREIGN KEY (a,b) REFERENCES products (a,b))",
		"CREATE TABLE notes (id INT PRIMARY KEY, sale INT, FOREIGN KEY (sale) REFERENCES sales (id))",
		"INSERT INTO people VALUES (1,NULL,NULL)", "INSERT INTO people SELECT seq, seq DIV 2, IF(seq%5=0, seq-1, NULL) FROM seq_2_to_500",
		"INSERT INTO products SELECT seq, CONCAT('p',seq) FROM seq_1_to_100",
		"INSERT INTO sales SELECT seq, 1+seq%500, IF(seq%3=0,NULL,1+seq%100), IF(seq%3=0,NULL,CONCAT('p',1+seq%100)) FROM seq_1_to_1000",
		"INSERT INTO notes SELECT seq, seq FROM seq_1_to_1000")
	j := jobOf(t, from, to, "shop")
	j.Store.MySQL.Subset = datamove.Subset{Table: "sales", Where: "id % 7 = 0 OR id = 13", Limit: 5}
	part := mustBeEqual(t, j)
	if got, want := ask(t, to, "SELECT GROUP_CONCAT(id ORDER BY id) FROM shop.sales"), "7,13,14,21,28"; got != want {
		t.Errorf("sales %s, want %s", got, want)
	}
	// 8, 14, 15, 22, 29 with all above them, deputies as well.
	if got, want := ask(t, to, "SELECT GROUP_CONCAT(id ORDER BY id) FROM shop.people"), "1,2,3,4,5,7,8,11,14,15,22,29"; got != want {
		t.Errorf("people %s, want %s", got, want)
	}
	if got, want := ask(t, to, "SELECT GROUP_CONCAT(a ORDER BY a) FROM shop.products"), "8,14,15,29"; got != want {
		t.Errorf("products %s, want %s", got, want)
	}
	if got := ask(t, to, "SELECT COUNT(*) FROM shop.notes"); got != "0" || len(part.LeftOut) == 0 {
		t.Errorf("%s notes, left out: %v", got, part.LeftOut)
	}
	for name, subset := range map[string]datamove.Subset{"no such table": {Table: "nope"}, "no SQL": {Table: "sales", Where: "id IN ("}} {
		j.Store.MySQL.Subset, j.Store.Existing = subset, datamove.ExistingReplace
		_, err := New().Copy(t.Context(), j, nil)
		if reported := (*events.Error)(nil); !errors.As(err, &reported) || reported.Kind != events.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubsetRefusesCycles(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE a (id INT PRIMARY KEY, b INT)", "CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id))",
		"ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id)")
	j := jobOf(t, from, to, "shop")
	j.Store.MySQL.Subset = datamove.Subset{Table: "a"}
	wantRefusal(t, j, events.KindInvalid, "back to it")
}
