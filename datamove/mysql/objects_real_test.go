//go:build real

package mysql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// shop is a small database with one of everything.
func shop(t testing.TB, s *storetest.MariaDBServer) {
	t.Helper()
	s.Exec(t, "CREATE DATABASE shop COLLATE utf8mb4_unicode_ci", "USE shop",
		"CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20), KEY kn (name))",
		"CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, total DECIMAL(9,2), KEY kt (total), CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers (id))",
		"INSERT INTO customers VALUES (1, 'a'), (2, 'b')", "INSERT INTO orders VALUES (1, 1, 9.5), (2, 2, 1)",
		"CREATE SEQUENCE numbers", "DO NEXTVAL(numbers)",
		"CREATE FUNCTION tax(x DECIMAL(9,2)) RETURNS DECIMAL(9,2) DETERMINISTIC RETURN x * 0.19",
		"CREATE VIEW totals AS SELECT customer, SUM(total) AS t, tax(SUM(total)) AS tax FROM orders GROUP BY customer",
		"CREATE TRIGGER guard BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = ABS(NEW.total)",
		"CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders WHERE total = 0")
}

// TestVerifyObjects changes the target after a copy; each change must be found.
func TestVerifyObjects(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	shop(t, source)
	job := jobOf(t, source, target, "shop")
	mustBeEqual(t, job)
	if got := verify(t, job); got != datamove.Equal {
		t.Fatalf("after the copy it is %s", got)
	}
	for _, tc := range []struct{ name, change, undo, object, says string }{
		{"an index is gone", "DROP INDEX kt ON orders", "CREATE INDEX kt ON orders (total)", "index shop.orders.kt", "missing"},
		{"an index is other", "ALTER TABLE customers DROP INDEX kn, ADD INDEX kn (name(3))", "ALTER TABLE customers DROP INDEX kn, ADD INDEX kn (name)", "index shop.customers.kn", "btree (name(3))"},
		{"a column is wider", "ALTER TABLE customers MODIFY name VARCHAR(30)", "ALTER TABLE customers MODIFY name VARCHAR(20)", "table shop.customers", "column name differs"},
		{"a foreign key is gone", "ALTER TABLE orders DROP FOREIGN KEY fk", "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers (id)", "table shop.orders", "foreign key fk is missing"},
		{"a view is other", "CREATE OR REPLACE VIEW totals AS SELECT 1 AS customer", "", "view shop.totals", "its definition differs"},
		{"a trigger is gone", "DROP TRIGGER guard", "", "trigger shop.guard", "missing"},
		{"a function is other", "CREATE OR REPLACE FUNCTION tax(x DECIMAL(9,2)) RETURNS DECIMAL(9,2) DETERMINISTIC RETURN x * 0.2", "", "function shop.tax", "its definition differs"},
		{"an event was enabled", "ALTER EVENT tidy ENABLE", "", "event shop.tidy", "its definition differs"},
		{"a sequence has gone on", "DO SETVAL(numbers, 5000)", "", "sequence shop.numbers", "next_not_cached_value"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target.Exec(t, "USE shop", tc.change)
			part, err := New().Verify(t.Context(), job, nil)
			if err != nil {
				t.Fatal(err)
			}
			if part.Verdict != datamove.Different {
				t.Errorf("it is %s", part.Verdict)
			}
			found := false
			for _, o := range part.Objects {
				found = found || !o.Equal && o.Kind+" "+o.Name == tc.object && strings.Contains(o.Changed, tc.says)
			}
			if !found {
				t.Errorf("%s is not among %+v", tc.object, part.Objects)
			}
			if tc.undo != "" {
				target.Exec(t, "USE shop", tc.undo)
			}
		})
	}
}

// TestExisting copies onto what is there already.
func TestExisting(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	shop(t, source)
	target.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE totals (old INT)", "CREATE TABLE mine (id INT PRIMARY KEY)", "INSERT INTO mine VALUES (1)",
		"CREATE FUNCTION tax(x INT) RETURNS INT DETERMINISTIC RETURN 0", "CREATE VIEW ours AS SELECT * FROM mine")
	job := jobOf(t, source, target, "shop")
	part, err := New().Copy(t.Context(), job, nil)
	if err == nil || part.Verdict != datamove.Refused || !strings.Contains(err.Error(), "table shop.totals") || !strings.Contains(err.Error(), "function shop.tax") {
		t.Fatalf("existing: fail is %s, %v", part.Verdict, err)
	}
	if got := ask(t, target, "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'"); got != "mine,ours,totals" {
		t.Errorf("a refused copy has left %s", got)
	}
	job.Store.Existing = datamove.ExistingReplace
	part = mustBeEqual(t, job)
	if got := ask(t, target, "SELECT CONCAT(COUNT(*), (SELECT COUNT(*) FROM shop.ours)) FROM shop.totals"); got != "21" {
		t.Errorf("after existing: replace it says %s", got)
	}
	want := []string{
		"database shop was there with the collation latin1_swedish_ci, in the source it has utf8mb4_unicode_ci",
		"only the target has table shop.mine", "only the target has view shop.ours",
	}
	var extras []string
	for _, w := range part.Warnings {
		if strings.HasPrefix(w, "only the target") || strings.HasPrefix(w, "database") {
			extras = append(extras, w)
		}
	}
	if diff := cmp.Diff(want, extras); diff != "" {
		t.Error(diff)
	}
}

// TestMerge keeps what is there and writes over what has the same key.
func TestMerge(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	shop(t, source)
	mustBeEqual(t, jobOf(t, source, target, "shop"))
	source.Exec(t, "USE shop", "UPDATE customers SET name = 'new' WHERE id = 2", "INSERT INTO customers VALUES (3, 'c')", "CREATE TABLE more (id INT PRIMARY KEY)", "DO SETVAL(numbers, 7000)")
	target.Exec(t, "USE shop", "INSERT INTO customers VALUES (9, 'theirs')", "DROP VIEW totals")
	job := jobOf(t, source, target, "shop")
	job.Store.Existing = datamove.ExistingMerge
	part, err := New().Copy(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(part.Verdict, part.Reason, part.Differences)
	for query, want := range map[string]string{
		"SELECT GROUP_CONCAT(id, name ORDER BY id) FROM shop.customers":                                      "1a,2new,3c,9theirs",
		"SELECT COUNT(*) FROM shop.totals":                                                                   "2",
		"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'more'": "1",
		"SELECT NEXTVAL(shop.numbers)":                                                                       ask(t, source, "SELECT NEXTVAL(shop.numbers)"),
	} {
		if got := ask(t, target, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// TestDefiner gives views and routines the account that the document names.
func TestDefiner(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	shop(t, source)
	target.Exec(t, "CREATE USER 'app'@'10.%'", "GRANT ALL ON shop.* TO 'app'@'10.%'")
	job := jobOf(t, source, target, "shop")
	job.Store.MySQL.Definer = "app@10.%"
	mustBeEqual(t, job)
	got := ask(t, target, "SELECT GROUP_CONCAT(DISTINCT d ORDER BY d) FROM (SELECT CONCAT('view ', DEFINER) d FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'shop'"+
		" UNION SELECT CONCAT('routine ', DEFINER) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'shop' UNION SELECT CONCAT('trigger ', DEFINER) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'shop'"+
		" UNION SELECT CONCAT('event ', DEFINER) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'shop') x")
	if want := "event app@10.%,routine app@10.%,trigger app@10.%,view app@10.%"; got != want {
		t.Errorf("the definers are %s", got)
	}
}

// TestFewRights copies with an account that may only SELECT: the rows come, and what
// it cannot see is told, with the statement that would help.
func TestFewRights(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	shop(t, source)
	source.Exec(t, "CREATE USER reader@'%' IDENTIFIED BY '"+storetest.MariaDBPassword+"'", "GRANT SELECT ON shop.* TO reader@'%'")
	job := jobOf(t, source, target, "shop")
	job.From = access(strings.Replace(source.URL("shop"), storetest.MariaDBUser+"@", "reader@", 1))
	plan, err := New().Plan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	hints := map[string]bool{}
	for _, f := range plan.Findings {
		hints[f.Hint] = true
	}
	for _, want := range []string{
		"GRANT SHOW VIEW ON `shop`.* TO `reader`@`%`", "GRANT TRIGGER ON `shop`.* TO `reader`@`%`",
		"GRANT EVENT ON `shop`.* TO `reader`@`%`", "GRANT EXECUTE ON `shop`.* TO `reader`@`%`",
	} {
		if !hints[want] {
			t.Errorf("no finding says %q: %+v", want, plan.Findings)
		}
	}
	part := mustBeEqual(t, job)
	told := map[string]bool{}
	for _, l := range part.LeftOut {
		told[l.What] = true
	}
	for _, want := range []string{"view shop.totals", "triggers of shop", "events of shop", "routines of shop"} {
		if !told[want] {
			t.Errorf("%s is not among what is left out: %+v", want, part.LeftOut)
		}
	}
	if got := ask(t, target, "SELECT COUNT(*) FROM shop.orders"); got != "2" {
		t.Errorf("orders has %s rows", got)
	}
}
