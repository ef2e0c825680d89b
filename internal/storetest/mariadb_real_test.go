//go:build real

package storetest

import "testing"

func TestMariaDBSurvivesKill(t *testing.T) {
	s := MariaDB(t)
	s.Exec(t, "CREATE DATABASE d", "CREATE TABLE d.t (a INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
	s.Kill()
	s.Start(t)
	var n int
	if err := s.DB(t).QueryRow("SELECT COUNT(*) FROM d.t").Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}
