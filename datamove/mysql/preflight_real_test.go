//go:build real

package mysql

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestPreflight wants the finding of each trap, and the words that help.
func TestPreflight(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t, "--max-allowed-packet=1M", "--log-bin=binlog", "--server-id=7")
	loadCorpus(t, source)
	small := func(t *testing.T) { // an account with few rights, at either end
		for _, s := range []*storetest.MariaDBServer{source, target} {
			s.Exec(t, "CREATE TABLE IF NOT EXISTS corpus.texts (id INT)", "CREATE OR REPLACE USER small@'%'", "GRANT SELECT ON corpus.texts TO small@'%'")
		}
	}
	for _, tc := range []struct {
		name     string
		before   func(t *testing.T)
		existing datamove.Existing
		same     bool // both ends are the source
		small    bool // a user with few rights
		severity datamove.Severity
		check    string
		message  string
		hint     string
	}{
		{name: "float columns", severity: datamove.Note, check: "float-columns", message: "corpus.floats.f"},
		{name: "no key", severity: datamove.Warning, check: "no-key", message: "corpus.no_key"},
		{name: "large row", severity: datamove.Refusal, check: "max-allowed-packet", message: "table corpus.large_rows has a row of 20000000 bytes; the target takes packets of 1048576", hint: "SET GLOBAL max_allowed_packet = 40894464"},
		{name: "same database", same: true, severity: datamove.Refusal, check: "same-database", message: "both ends are database corpus of the same server"},
		{name: "engines", severity: datamove.Warning, check: "engines", message: "corpus.engine_aria (Aria), corpus.engine_myisam (MyISAM)"},
		{name: "definers", severity: datamove.Note, check: "definers", message: "get the definer canary@%"},
		{name: "events", severity: datamove.Note, check: "events", message: "1 events"},
		{name: "invalid view", severity: datamove.Warning, check: "invalid-view", message: "v_broken"},
		{
			name: "read-only target", before: func(t *testing.T) { target.Exec(t, "SET GLOBAL read_only = 1") },
			severity: datamove.Refusal, check: "read-only", message: "the target has read_only = 1", hint: "SET GLOBAL read_only = 0",
		},
		{
			name: "not empty", before: func(t *testing.T) {
				target.Exec(t, "CREATE OR REPLACE DATABASE corpus", "CREATE TABLE corpus.v_m (id INT)")
			},
			severity: datamove.Refusal, check: "not-empty", message: "table corpus.v_m", hint: "existing: replace",
		},
		{name: "not empty and replaced", existing: datamove.ExistingReplace, severity: datamove.Warning, check: "not-empty", message: "removed from the target first: table corpus.v_m"},
		{
			name: "merge into another table", before: func(t *testing.T) {
				target.Exec(t, "CREATE OR REPLACE DATABASE corpus", "CREATE TABLE corpus.no_key (a BIGINT, b VARCHAR(20), c FLOAT)")
			},
			existing: datamove.ExistingMerge, severity: datamove.Refusal, check: "merge", message: "column corpus.no_key.a is not the same in the target",
		},
		{name: "merge without a key", existing: datamove.ExistingMerge, severity: datamove.Refusal, check: "merge", message: "table corpus.no_key has no key to merge rows by"},
		{name: "no rights in the target", before: small, small: true, severity: datamove.Refusal, check: "rights", message: "target database corpus: small@% lacks the rights SELECT, INSERT", hint: "GRANT SELECT, INSERT"},
		{name: "some rights in the source", before: small, small: true, severity: datamove.Warning, check: "rights", message: "small@% may read some tables only", hint: "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `corpus`.* TO `small`@`%`"},
		{name: "triggers that cannot be seen", before: small, small: true, severity: datamove.Warning, check: "rights", message: "triggers cannot be seen", hint: "GRANT TRIGGER ON `corpus`.* TO `small`@`%`"},
		{
			name: "functions with a binary log", before: func(t *testing.T) {
				target.Exec(t, "CREATE OR REPLACE USER small@'%'", "GRANT ALL ON *.* TO small@'%'", "REVOKE SUPER ON *.* FROM small@'%'")
				source.Exec(t, "CREATE OR REPLACE USER small@'%'", "GRANT SELECT, EXECUTE, TRIGGER, SHOW VIEW, EVENT ON *.* TO small@'%'")
			},
			small: true, severity: datamove.Refusal, check: "rights", message: "takes functions and triggers only of accounts with SUPER", hint: "log_bin_trust_function_creators",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.before != nil {
				tc.before(t)
			}
			sink := target
			if tc.same {
				sink = source
			}
			findings := inspect(t, source, sink, tc.existing, tc.small)
			for _, f := range findings {
				if f.Severity == tc.severity && f.Check == tc.check && strings.Contains(f.Message, tc.message) && strings.Contains(f.Hint, tc.hint) {
					return
				}
			}
			t.Errorf("no such finding in %+v", findings)
		})
	}
}

func inspect(t *testing.T, source, target *storetest.MariaDBServer, existing datamove.Existing, small bool) []datamove.Finding {
	t.Helper()
	from, to := connect(t, source), connect(t, target)
	if small {
		from, to = connectAs(t, source, "small"), connectAs(t, target, "small")
	}
	s, err := readSchema(t.Context(), from, []string{"corpus"}, datamove.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	job := datamove.Job{ID: "look", Store: datamove.Store{Existing: existing}}
	o, err := newDDLOptions(t.Context(), from, to, job, sameName)
	if err != nil {
		t.Fatal(err)
	}
	findings, _, err := preflight(t.Context(), from, to, job, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// TestDescribeServer wants the same fingerprint by another address and another for
// another server.
func TestDescribeServer(t *testing.T) {
	one, other := storetest.MariaDB(t), storetest.MariaDB(t)
	one.Exec(t, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1), (2)", "ANALYZE TABLE shop.t", "CREATE USER app@'%'")
	connectAs(t, one, "app")
	describe := func(s *storetest.MariaDBServer, url string) datamove.Server {
		d, err := describeServer(t.Context(), connect(t, s), url)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first, again, second := describe(one, "mysql://one"), describe(one, "mysql://one"), describe(other, "mysql://other")
	if first.Fingerprint != again.Fingerprint || first.Fingerprint == second.Fingerprint || first.Fingerprint == "" {
		t.Errorf("fingerprints %s, %s, %s", first.Fingerprint, again.Fingerprint, second.Fingerprint)
	}
	if first.Product != "MariaDB" || first.Items != 2 || first.Connections != 1 {
		t.Errorf("got %+v", first)
	}
	if same, err := sameServer(t.Context(), connect(t, one), connect(t, other), "x"); same || err != nil {
		t.Errorf("two servers are one: %t, %v", same, err)
	}
}
