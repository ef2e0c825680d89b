package syntax

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustLex(t *testing.T, text string) []Token {
	t.Helper()
	tokens, err := Lex(text, Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestRedefine(t *testing.T) {
	for _, tc := range []struct{ name, text, want, was string }{
		{"quoted", "CREATE DEFINER=`a``b`@`%` VIEW v AS SELECT 'DEFINER=`a`@`b`'", "CREATE DEFINER=`new`@`10.%` VIEW v AS SELECT 'DEFINER=`a`@`b`'", "a`b@%"},
		{"security", "CREATE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW v AS SELECT 1", "CREATE ALGORITHM=MERGE DEFINER=`new`@`10.%` SQL SECURITY DEFINER VIEW v AS SELECT 1", "a@b"},
		{"spaces and strings", "CREATE  DEFINER = 'a'@'localhost' PROCEDURE p() SELECT 1", "CREATE  DEFINER = `new`@`10.%` PROCEDURE p() SELECT 1", "a@localhost"},
		{"role", "CREATE DEFINER=admin FUNCTION f() RETURNS INT RETURN 1", "CREATE DEFINER=`new`@`10.%` FUNCTION f() RETURNS INT RETURN 1", "admin"},
		{"current user", "CREATE DEFINER=CURRENT_USER() EVENT e", "CREATE DEFINER=`new`@`10.%` EVENT e", "CURRENT_USER"},
		{"version comment", "CREATE /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t AFTER INSERT ON x FOR EACH ROW SET @a=1*/", "CREATE /*!50017 DEFINER=`new`@`10.%`*/ /*!50003 TRIGGER t AFTER INSERT ON x FOR EACH ROW SET @a=1*/", "a@b"},
		{"none", "CREATE SEQUENCE s", "CREATE SEQUENCE s", ""},
		{"in the body only", "CREATE PROCEDURE p() PREPARE x FROM definer = 1", "CREATE PROCEDURE p() PREPARE x FROM definer = 1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, was, err := Redefine(mustLex(t, tc.text), "new@10.%")
			if err != nil || Join(got) != tc.want || was != tc.was {
				t.Errorf("got %q, was %q, %v", Join(got), was, err)
			}
		})
	}
}

func TestRename(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TRIGGER shop.t AFTER INSERT ON shop.x": "CREATE TRIGGER `t` AFTER INSERT ON shop.x",
		"CREATE VIEW `a`.`b``c` AS SELECT 1":           "CREATE VIEW `b``c` AS SELECT 1",
		"CREATE PACKAGE BODY p AS END":                 "CREATE PACKAGE BODY `p` AS END",
		"CREATE EVENT IF NOT EXISTS e DO x":            "CREATE EVENT IF NOT EXISTS `e` DO x",
	} {
		got, err := Rename(mustLex(t, text))
		if err != nil || Join(got) != want {
			t.Errorf("%s: %q, %v", text, Join(got), err)
		}
	}
}

func TestMoveDatabase(t *testing.T) {
	known := func(name string) bool { return name == "orders" || name == "f" }
	for _, tc := range []struct {
		name, text, want string
		left             bool
	}{
		{"bare and quoted", "SELECT shop.f(1) FROM `shop` . `orders` o", "SELECT `test`.f(1) FROM `test` . `orders` o", false},
		{"in strings and comments", "SELECT 'shop.orders' /* shop.orders */", "SELECT 'shop.orders' /* shop.orders */", false},
		{"other databases and columns", "SELECT x.shop.orders, shopping.orders", "SELECT x.shop.orders, shopping.orders", false},
		{"what is not known is told", "SELECT shop.email FROM customers shop", "SELECT shop.email FROM customers shop", true},
		{"user variable", "SELECT @shop.orders", "SELECT @shop.orders", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, left := MoveDatabase(mustLex(t, tc.text), "shop", "test", known)
			if Join(got) != tc.want || left != tc.left {
				t.Errorf("got %q, left %t", Join(got), left)
			}
		})
	}
}

func TestMapCollations(t *testing.T) {
	mapped := func(name string) string { return strings.Replace(name, "0900_ai_ci", "unicode_520_ci", 1) }
	text := "CREATE TABLE `t` (`a` char(1) COLLATE utf8mb4_0900_ai_ci DEFAULT 'COLLATE utf8mb4_0900_ai_ci' COMMENT 'x') COLLATE=utf8mb4_0900_ai_ci"
	want := "CREATE TABLE `t` (`a` char(1) COLLATE utf8mb4_unicode_520_ci DEFAULT 'COLLATE utf8mb4_0900_ai_ci' COMMENT 'x') COLLATE=utf8mb4_unicode_520_ci"
	got, changed := MapCollations(mustLex(t, text), mapped)
	if Join(got) != want {
		t.Error(Join(got))
	}
	if diff := cmp.Diff([]string{"utf8mb4_0900_ai_ci → utf8mb4_unicode_520_ci"}, changed); diff != "" {
		t.Error(diff)
	}
}

func TestDisableEvent(t *testing.T) {
	begin := "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION "
	for state, want := range map[string]struct {
		text string
		ran  bool
	}{
		"NOT PRESERVE ENABLE COMMENT 'ENABLE' DO x": {"NOT PRESERVE DISABLE COMMENT 'ENABLE' DO x", true},
		"PRESERVE DISABLE DO x":                     {"PRESERVE DISABLE DO x", false},
		"PRESERVE DISABLE ON SLAVE DO x":            {"PRESERVE DISABLE DO x", true},
		"PRESERVE DO x":                             {"PRESERVE DISABLE DO x", true},
	} {
		got, ran, err := DisableEvent(mustLex(t, begin+state))
		if err != nil || Join(got) != begin+want.text || ran != want.ran {
			t.Errorf("%s: %q, ran %t, %v", state, Join(got), ran, err)
		}
	}
	if _, _, err := DisableEvent(mustLex(t, "CREATE EVENT e DO x")); err == nil {
		t.Error("an event without ON COMPLETION is taken")
	}
}
