package mysql

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseGrant(t *testing.T) {
	for line, want := range map[string]*grant{
		"GRANT SELECT, SHOW VIEW ON `sh_op%`.* TO `a`@`%`":                                      {[]string{"SELECT", "SHOW VIEW"}, "sh_op%", "*"},
		"GRANT ALL PRIVILEGES ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*00' WITH GRANT OPTION": {[]string{"ALL PRIVILEGES"}, "*", "*"},
		"GRANT SELECT (a, b), INSERT ON `x`.`ON` TO `a`@`%`":                                    {[]string{"SELECT (COLUMNS)", "INSERT"}, "x", "ON"},
		"GRANT EXECUTE ON PROCEDURE `x`.`p` TO `a`@`%`":                                         nil,
		"GRANT `role`@`%` TO `a`@`%`":                                                           nil,
		"SET DEFAULT ROLE x FOR a":                                                              nil,
	} {
		got, ok := parseGrant(line)
		if ok != (want != nil) {
			t.Errorf("%s: %v, %t", line, got, ok)
		} else if ok {
			if diff := cmp.Diff(*want, got, cmp.AllowUnexported(grant{})); diff != "" {
				t.Errorf("%s: %s", line, diff)
			}
		}
	}
}

func TestMissing(t *testing.T) {
	grants := []grant{
		{[]string{"USAGE", "EVENT"}, "*", "*"},
		{[]string{"SELECT", "TRIGGER"}, `shop\_1`, "*"},
		{[]string{"ALL PRIVILEGES"}, "test%", "*"},
		{[]string{"SHOW VIEW"}, "shop_1", "orders"},
	}
	for database, want := range map[string][]string{
		"shop_1": {"SHOW VIEW"}, "shopX1": {"SELECT", "TRIGGER", "SHOW VIEW"}, "test_2": nil, "": {"SELECT", "TRIGGER", "SHOW VIEW"},
	} {
		if diff := cmp.Diff(want, nilIfEmpty(missing(grants, database, "SELECT", "TRIGGER", "SHOW VIEW", "EVENT"))); diff != "" {
			t.Errorf("%q: %s", database, diff)
		}
	}
	if got := grantHint("a`b@10.%", "sh`op", []string{"SELECT", "EVENT"}); got != "GRANT SELECT, EVENT ON `sh``op`.* TO `a``b`@`10.%`" {
		t.Error(got)
	}
}

func nilIfEmpty(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}

func TestFlavour(t *testing.T) {
	for version, want := range map[string]flavour{
		"10.11.19-MariaDB-deb12-log":            {true, 10, 11, 19, "10.11.19-MariaDB-deb12-log"},
		"5.5.5-10.5.8-MariaDB-1:10.5.8+maria~x": {true, 10, 5, 8, "5.5.5-10.5.8-MariaDB-1:10.5.8+maria~x"},
		"8.4.3":                                 {false, 8, 4, 3, "8.4.3"},
		"8.0.36-0ubuntu0.22.04.1":               {false, 8, 0, 36, "8.0.36-0ubuntu0.22.04.1"},
	} {
		if got := flavourOf(version); got != want {
			t.Errorf("%s: %+v", version, got)
		}
	}
}
