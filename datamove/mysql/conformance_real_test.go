//go:build real

package mysql

import (
	"fmt"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/datamovetest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

func TestConformance(t *testing.T) {
	type ends struct{ from, to *storetest.MariaDBServer }
	servers := map[string]ends{}
	datamovetest.TestAdapter(t, datamovetest.Rig{
		Adapter: func() datamove.Adapter { return New() },
		Job: func(t *testing.T) datamove.Job {
			e := ends{storetest.MariaDB(t), storetest.MariaDB(t)}
			e.from.Exec(t, "CREATE DATABASE shop", "USE shop", bigTable, bigRows+"seq_1_to_500",
				"CREATE TABLE nokey (a INT, b TEXT)", "INSERT INTO nokey SELECT seq%10, REPEAT('x', seq%100) FROM seq_1_to_100")
			j := jobOf(t, e.from, e.to, "shop")
			servers[j.To.URL] = e
			return j
		},
		Alter: func(t *testing.T, j datamove.Job) {
			servers[j.To.URL].to.Exec(t, "UPDATE shop.orders SET status = 'lost' WHERE id = 250")
		},
		Content: func(t *testing.T, j datamove.Job, source bool) map[string]string {
			end := servers[j.To.URL].to
			if source {
				end = servers[j.To.URL].from
			}
			return tables(t, end)
		},
		Nobody: "mysql://root@127.0.0.1:1/shop",
	})
}

// tables are the checksums of all tables of the database, as the server computes them.
func tables(t *testing.T, s *storetest.MariaDBServer) map[string]string {
	t.Helper()
	db := s.DB(t)
	defer db.Close()
	rows, err := db.Query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for name, sum := range checksums(t, s, names...) {
		all[name] = fmt.Sprint(sum)
	}
	return all
}
