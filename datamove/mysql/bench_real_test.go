//go:build real

package mysql

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// The bounds, as parts of the time of the peers.
const (
	boundMydumper = 0.7
	boundDump     = 0.4
	benchRows     = "seq_1_to_1000000"
	benchRounds   = 3
)

// benchServer has the settings of a server that is given some memory.
func benchServer(b *testing.B) *storetest.MariaDBServer {
	return storetest.MariaDB(b, "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=2")
}

// BenchmarkCopy compares with mydumper and myloader at their best, and with mariadb-dump piped
// into mariadb, in turns on the same two servers. What is copied here is compared,
// too; what they copy is not.
func BenchmarkCopy(b *testing.B) {
	from, to := benchServer(b), benchServer(b)
	from.Exec(b, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+benchRows)
	best := bestOfMydumper(b, from, to)
	ways := []struct {
		name string
		copy func(b *testing.B)
		took []time.Duration
	}{
		{name: "shakedown", copy: func(b *testing.B) { benchCopy(b, from, to) }},
		{name: "mydumper", copy: func(b *testing.B) { benchMydumper(b, from, to, best) }},
		{name: "mariadb-dump", copy: func(b *testing.B) { benchDump(b, from, to) }},
	}
	rounds := 0
	for b.Loop() {
		for range benchRounds {
			for i := range ways {
				to.Exec(b, "DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop")
				began := time.Now()
				ways[i].copy(b)
				ways[i].took = append(ways[i].took, time.Since(began))
				sameTables(b, from, to, "orders")
			}
			rounds++
		}
	}
	ours, mydumper, dump := median(ways[0].took), median(ways[1].took), median(ways[2].took)
	b.Logf("shakedown %v, mydumper+myloader %v, mariadb-dump|mariadb %v", ways[0].took, ways[1].took, ways[2].took)
	b.ReportMetric(ours.Seconds(), "s/copy")
	b.ReportMetric(mydumper.Seconds(), "s/mydumper")
	b.ReportMetric(dump.Seconds(), "s/mariadb-dump")
	b.ReportMetric(ours.Seconds()/mydumper.Seconds(), "of-mydumper")
	b.ReportMetric(boundMydumper, "of-mydumper-bound")
	b.ReportMetric(ours.Seconds()/dump.Seconds(), "of-mariadb-dump")
	b.ReportMetric(boundDump, "of-mariadb-dump-bound")
	if ours.Seconds() > boundMydumper*mydumper.Seconds() {
		b.Errorf("%v is more than %.1f of mydumper's %v", ours, boundMydumper, mydumper)
	}
	if ours.Seconds() > boundDump*dump.Seconds() {
		b.Errorf("%v is more than %.1f of mariadb-dump's %v", ours, boundDump, dump)
	}
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func benchCopy(b *testing.B, from, to *storetest.MariaDBServer) {
	j := jobOf(b, from, to, "shop")
	if part := mustBeEqual(b, j); part.Units[0].Source.Items != 1000000 || part.Verdict != datamove.Equal {
		b.Fatalf("copied %+v", part.Units)
	}
}

// passwordFile keeps the password out of the arguments.
func passwordFile(b *testing.B, s *storetest.MariaDBServer) string {
	host, port, _ := strings.Cut(s.Address, ":")
	name := filepath.Join(b.TempDir(), "my.cnf")
	text := "[client]\nhost=" + host + "\nport=" + port + "\nuser=" + storetest.MariaDBUser + "\npassword=" + storetest.MariaDBPassword + "\n"

	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

func command(b *testing.B, line string) {
	b.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		b.Fatalf("%s: %v: %s", line, err, out)
	}
}

// mydumperSettings are those that may be mydumper's best on two processors: how many
// rows make a file, 0 for one file, and how many threads load.
type mydumperSettings struct{ rows, threads int }

// bestOfMydumper are the settings with which both were fastest, of one copy with each.
func bestOfMydumper(b *testing.B, from, to *storetest.MariaDBServer) (best mydumperSettings) {
	b.Helper()
	least := time.Hour
	for _, s := range []mydumperSettings{{0, 2}, {25_000, 2}, {100_000, 2}, {250_000, 2}, {25_000, 4}, {100_000, 4}} {
		to.Exec(b, "DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop")
		began := time.Now()
		benchMydumper(b, from, to, s)
		took := time.Since(began)
		b.Logf("mydumper and myloader with %+v: %v", s, took)
		if took < least {
			best, least = s, took
		}
	}
	return best
}

func benchMydumper(b *testing.B, from, to *storetest.MariaDBServer, s mydumperSettings) {
	dir := b.TempDir()
	_, fromPort, _ := strings.Cut(from.Address, ":")
	_, toPort, _ := strings.Cut(to.Address, ":")
	account := " -h 127.0.0.1 -u " + storetest.MariaDBUser + " -p " + storetest.MariaDBPassword
	rows := ""
	if s.rows > 0 {
		rows = " -r " + strconv.Itoa(s.rows)
	}
	command(b, "mydumper"+account+" -P "+fromPort+" -B shop -t 2"+rows+" -o "+dir+"/dump")
	command(b, "myloader"+account+" -P "+toPort+" -B shop -t "+strconv.Itoa(s.threads)+" -o -d "+dir+"/dump")
}

func benchDump(b *testing.B, from, to *storetest.MariaDBServer) {
	command(b, "mariadb-dump --defaults-file="+passwordFile(b, from)+" --single-transaction --quick shop | mariadb --defaults-file="+passwordFile(b, to)+" shop")
}
