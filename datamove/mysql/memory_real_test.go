//go:build real

package mysql

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// maxMemory is the most that a copier may hold.
const maxMemory = 128 << 20

// TestMemory copies a table of many rows and one of rows beyond a packet of the
// protocol, each by a process of its own, and asks the kernel for its peak.
func TestMemory(t *testing.T) {
	from, to := storetest.MariaDB(t, "--max-allowed-packet=256M"), storetest.MariaDB(t, "--max-allowed-packet=256M", "--innodb-log-file-size=1G")
	large := func(rows int) []string {
		return []string{
			"CREATE TABLE orders (id INT PRIMARY KEY, a LONGBLOB, b LONGTEXT)",
			fmt.Sprintf("INSERT INTO orders SELECT seq, REPEAT(CHAR(seq, 0, 92, 9, 10, 200, 255 USING binary), 6000000), REPEAT('é\n', 6000000) FROM seq_1_to_%d", rows),
		}
	}
	for name, tc := range map[string]struct {
		statements []string
		existing   datamove.Existing
	}{
		"many rows":            {statements: []string{bigTable, bigRows + "seq_1_to_400000"}},
		"large rows":           {statements: large(5)},
		"many rows by INSERT":  {statements: []string{bigTable, bigRows + "seq_1_to_100000"}, existing: datamove.ExistingMerge},
		"large rows by INSERT": {statements: large(2), existing: datamove.ExistingMerge},
	} {
		t.Run(name, func(t *testing.T) {
			from.Exec(t, append([]string{"DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop", "USE shop"}, tc.statements...)...)
			to.Exec(t, "DROP DATABASE IF EXISTS shop")
			j := jobOf(t, from, to, "shop")
			j.Store.Existing = tc.existing
			child := copier(t, j, "peak")
			if err := child.Wait(); err != nil {
				t.Fatalf("copier: %v", err)
			}
			sameTables(t, from, to, "orders")
			text, err := os.ReadFile(j.StateDir + "/peak")
			if err != nil {
				t.Fatal(err)
			}
			peak, err := strconv.ParseInt(string(text), 10, 64)
			if err != nil || peak > maxMemory {
				t.Errorf("the copier held %d MiB (%v)", peak>>20, err)
			}
			t.Logf("%d MiB", peak>>20)
		})
	}
}

// writePeak writes the peak of this process's memory into a file.
func writePeak(path string) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return fmt.Errorf("no VmHWM in /proc/self/status")
	}
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strconv.FormatInt(kib<<10, 10)), 0o600)
}
