//go:build real

package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestBadInput gives what people get wrong, and wants the kind of error, words that
// help, and no password in them.
func TestBadInput(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_3000",
		"CREATE USER poor IDENTIFIED BY '"+storetest.MariaDBPassword+"'")
	to.Exec(t, "CREATE USER poor IDENTIFIED BY '"+storetest.MariaDBPassword+"'", "GRANT SELECT ON *.* TO poor")
	as := func(url, user string) string { return strings.Replace(url, storetest.MariaDBUser+"@", user+"@", 1) }
	for name, tc := range map[string]struct {
		change func(j *datamove.Job)
		kind   events.Kind
		words  string
	}{
		"wrong password":         {func(j *datamove.Job) { j.From.Secret = "canary-wrong" }, events.KindRefused, "password"},
		"wrong password of to":   {func(j *datamove.Job) { j.To.Secret = "canary-wrong" }, events.KindRefused, "password"},
		"no such database":       {func(j *datamove.Job) { j.From.URL = from.URL("nope") }, events.KindNotFound, "nope"},
		"nobody there":           {func(j *datamove.Job) { j.From.URL = "mysql://canary@127.0.0.1:1/shop" }, events.KindUnavailable, "127.0.0.1:1"},
		"no rights in source":    {func(j *datamove.Job) { j.From.URL = as(j.From.URL, "poor") }, events.KindNotFound, "GRANT SELECT"}, // it cannot even see that it is there
		"no rights in target":    {func(j *datamove.Job) { j.To.URL = as(j.To.URL, "poor") }, events.KindRefused, "GRANT"},
		"the same database":      {func(j *datamove.Job) { j.To.URL = from.URL("shop") }, events.KindRefused, "same"},
		"no URL":                 {func(j *datamove.Job) { j.To.URL = "shop" }, events.KindInvalid, "to:"},
		"a store of other kind":  {func(j *datamove.Job) { j.To.URL = "redis://127.0.0.1/0" }, events.KindInvalid, "to:"},
		"a CA that is not there": {func(j *datamove.Job) { j.To.CA = "/nonexistent" }, events.KindInvalid, "CA"},
	} {
		t.Run(name, func(t *testing.T) {
			j := jobOf(t, from, to, "shop")
			tc.change(&j)
			wantRefusal(t, j, tc.kind, tc.words)
			var n int
			if err := to.DB(t).QueryRow("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='shop'").Scan(&n); err != nil || n != 0 {
				t.Errorf("the target was changed: %d tables, %v", n, err)
			}
		})
	}
	t.Run("read-only target", func(t *testing.T) {
		to.Exec(t, "SET GLOBAL read_only=1", "CREATE USER IF NOT EXISTS plain IDENTIFIED BY '"+storetest.MariaDBPassword+"'", "GRANT ALL ON shop.* TO plain", "REVOKE READ_ONLY ADMIN ON *.* FROM plain")
		defer to.Exec(t, "SET GLOBAL read_only=0")
		j := jobOf(t, from, to, "shop")
		j.To.URL = as(j.To.URL, "plain")
		wantRefusal(t, j, events.KindRefused, "read")
	})
}

func wantRefusal(t *testing.T, j datamove.Job, kind events.Kind, words string) {
	t.Helper()
	part, err := New().Copy(t.Context(), j, nil)
	reported := (*events.Error)(nil)
	if !errors.As(err, &reported) {
		t.Fatalf("error %v is not for people; %s", err, part.Verdict)
	}
	text := reported.Message + " | " + reported.Advice
	if reported.Kind != kind || !strings.Contains(text, words) {
		t.Errorf("%s: %s; want %s with %q", reported.Kind, text, kind, words)
	}
	if strings.Contains(text, storetest.MariaDBPassword) || strings.Contains(text, "canary-wrong") {
		t.Errorf("%q holds a password", text)
	}
	t.Log(reported.Kind, text)
}

// TestAlteredInMidCopy alters a table of the source while another one is copied.
func TestAlteredInMidCopy(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_30000", "CREATE TABLE small (a INT PRIMARY KEY)")
	j := jobOf(t, from, to, "shop")
	var once sync.Once
	j.Checkpoint = func(step string) {
		if step == "chunk" {
			once.Do(func() { from.Exec(t, "ALTER TABLE shop.small ADD COLUMN b INT") })
		}
	}
	part, err := smallChunks().Copy(t.Context(), j, nil)
	if reported := (*events.Error)(nil); !errors.As(err, &reported) || reported.Kind != events.KindPartial || part.Verdict != datamove.Incomplete {
		t.Fatalf("error %v, %s", err, part.Verdict)
	}
	j.Checkpoint, j.Resume = nil, true
	if _, err := New().Copy(t.Context(), j, nil); err == nil {
		t.Error("a run was resumed whose source has other definitions")
	}
	j.Resume, j.ID, j.Store.Existing = false, "run-2", datamove.ExistingReplace
	mustBeEqual(t, j)
}

// TestCutInMidRow cuts the source's connection off within a row, at several places.
func TestCutInMidRow(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_20000")
	for _, after := range []int64{100_000, 1_000_003, 2_345_678} {
		to.Exec(t, "DROP DATABASE IF EXISTS shop")
		j := jobOf(t, from, to, "shop")
		j.ID = fmt.Sprintf("cut-%d", after)
		direct := j.From.URL
		proxy := cutter(t, from.Address, after)
		j.From.URL = strings.Replace(direct, from.Address, proxy, 1)
		part, err := smallChunks().Copy(t.Context(), j, nil)
		if reported := (*events.Error)(nil); !errors.As(err, &reported) || reported.Kind != events.KindUnavailable || part.Verdict != datamove.Incomplete {
			t.Fatalf("cut after %d: %v, %s", after, err, part.Verdict)
		}
		// No row of the target may be other than in the source.
		if part, err := New().Verify(t.Context(), jobOf(t, from, to, "shop"), nil); err != nil {
			t.Fatal(err)
		} else {
			for _, d := range part.Differences {
				if d.What != "missing" {
					t.Errorf("cut after %d: %+v", after, d)
				}
			}
		}
		j.Resume, j.From.URL = true, strings.Replace(direct, from.Address, cutter(t, from.Address, 1<<40), 1)
		if _, err := smallChunks().Copy(t.Context(), j, nil); err == nil {
			t.Fatal("a run was resumed with another address of the source") // the document is another one
		}
		j.From.URL = direct
	}
}

// cutter passes connections on and cuts them off after so many bytes of the server.
func cutter(t *testing.T, address string, after int64) string {
	return forward(t, func() string { return address }, after)
}

// forward passes each connection on to the address of the moment, and cuts it off after
// so many bytes of the server.
func forward(t *testing.T, address func() string, after int64) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address())
			if err != nil {
				_ = client.Close()
				continue
			}
			stop := context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })
			wg.Go(func() { _, _ = io.Copy(server, client) })
			wg.Go(func() {
				defer stop()
				_, _ = io.CopyN(client, server, after)
				_ = client.Close()
				_ = server.Close()
			})
		}
	})
	t.Cleanup(func() { cancel(); _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

// TestNameOfSeveralServers: a copy whose later connections reach another server is
// refused, whichever end it is, and leaves that server alone.
func TestNameOfSeveralServers(t *testing.T) {
	from, to, other := storetest.MariaDB(t), storetest.MariaDB(t), storetest.MariaDB(t)
	for _, s := range []*storetest.MariaDBServer{from, other} {
		s.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_20000")
	}
	before := tables(t, other)
	for _, end := range []string{"source", "target"} {
		for first := range 2 { // connections that still reach the first server
			t.Run(fmt.Sprintf("%s after %d", end, first+1), func(t *testing.T) {
				to.Exec(t, "DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop")
				j := jobOf(t, from, to, "shop")
				j.ID = fmt.Sprintf("%s-%d", end, first)
				server, url := from, &j.From.URL
				j.Store.MySQL.Snapshot = snapshotLock // which takes several connections
				if end == "target" {
					server, url = to, &j.To.URL
				}
				n := -1 // one goroutine accepts
				*url = strings.Replace(*url, server.Address, forward(t, func() string {
					if n++; n > first {
						return other.Address
					}
					return server.Address
				}, 1<<40), 1)
				part, err := smallChunks().Copy(t.Context(), j, nil)
				reported := (*events.Error)(nil)
				if !errors.As(err, &reported) || !strings.Contains(err.Error(), "another server") {
					t.Fatalf("error: %v", err)
				}
				if part.Verdict == datamove.Equal || reported.Kind != events.KindRefused && reported.Kind != events.KindPartial {
					t.Errorf("the copy is %s, and the error of kind %s", part.Verdict, reported.Kind)
				}
				if diff := cmp.Diff(before, tables(t, other)); diff != "" {
					t.Errorf("the other server was changed (-before +after):\n%s", diff)
				}
			})
		}
	}
}

// TestUnforeseenValue: what the target cannot hold is named without its value.
func TestUnforeseenValue(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t)
	from.Exec(t, "CREATE DATABASE shop", "USE shop", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))", "INSERT INTO t SELECT seq, 'short' FROM seq_1_to_100")
	j := jobOf(t, from, to, "shop")
	j.Mask = columnMask{func(_, _, c string) bool { return c == "v" }, func(dst, v []byte) ([]byte, bool, error) {
		return append(dst, "canary-too-long"...), false, nil
	}}
	_, err := New().Copy(t.Context(), j, nil)
	if err == nil || strings.Contains(err.Error(), "canary-too") || !strings.Contains(err.Error(), "'v'") {
		t.Errorf("error: %v", err)
	}
	if got := ask(t, to, "SELECT COUNT(*) FROM shop.t"); got != ask(t, to, "SELECT 0") {
		t.Errorf("%s rows stayed", got)
	}
	// A mask that fails is not a connection that was cut.
	j.ID, j.Store.Existing = "run-2", datamove.ExistingReplace
	j.Mask = columnMask{func(_, _, c string) bool { return c == "v" }, func(dst, _ []byte) ([]byte, bool, error) {
		return dst, false, errors.New("no such format")
	}}
	_, err = New().Copy(t.Context(), j, nil)
	if reported := (*events.Error)(nil); !errors.As(err, &reported) || reported.Kind == events.KindUnavailable || !strings.Contains(err.Error(), "mask column v of table shop.t: no such format") {
		t.Errorf("error: %v", err)
	}
}

// TestDiskFull gives the target a tablespace that cannot hold the rows.
func TestDiskFull(t *testing.T) {
	from, to := storetest.MariaDB(t), storetest.MariaDB(t, "--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M")
	from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_60000")
	j := jobOf(t, from, to, "shop")
	part, err := smallChunks().Copy(t.Context(), j, nil)
	reported := (*events.Error)(nil)
	if !errors.As(err, &reported) || reported.Kind != events.KindPartial || !strings.Contains(reported.Advice, "space") || part.Verdict != datamove.Incomplete {
		t.Fatalf("error %v, %s", err, part.Verdict)
	}
	t.Log(reported.Message)
}
