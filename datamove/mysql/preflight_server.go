package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
)

// describeServer says what a server is and how it is used. Items and Bytes are
// estimates of all rows in it, the system's own aside.
func describeServer(ctx context.Context, q querier, url string) (datamove.Server, error) {
	s := datamove.Server{URL: url, Connections: -1}
	version, err := variable(ctx, q, "version")
	if err != nil {
		return s, fmt.Errorf("describe the server: %w", err)
	}
	f := flavourOf(version)
	s.Product, s.Version = f.product(), version
	if s.Fingerprint, err = serverFingerprint(ctx, q); err != nil {
		return s, fmt.Errorf("describe the server: %w", err)
	}
	if err := errors.Join(countConnections(ctx, q, &s), countRows(ctx, q, &s)); err != nil {
		return s, fmt.Errorf("describe the server: %w", err)
	}
	return s, nil
}

// serverFingerprint is MySQL's own identity, or what tells one MariaDB from another:
// where it runs, and when its system tables were made. It is "" for a server that says
// neither.
func serverFingerprint(ctx context.Context, q querier) (string, error) {
	id, err := variable(ctx, q, "server_uuid")
	if err != nil || id != "" {
		return id, err
	}
	h, known := sha256.New(), false
	for _, name := range []string{"hostname", "port", "server_id", "datadir", "socket"} {
		value, err := variable(ctx, q, name)
		if err != nil {
			return "", err
		}
		known = known || value != ""
		writeParts(h, value)
	}
	if !known {
		return "", nil
	}
	rows, err := records(ctx, q, "SELECT MIN(CREATE_TIME) AS made FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql'")
	for _, row := range rows {
		writeParts(h, row["MADE"])
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// countConnections counts the sessions of others. Without the right PROCESS only
// one's own can be seen, so that nothing is known.
func countConnections(ctx context.Context, q querier, s *datamove.Server) error {
	grants, err := readGrants(ctx, q)
	if err != nil {
		return err
	}
	if len(missing(grants, "", "PROCESS")) > 0 {
		s.Uncounted = "GRANT PROCESS ON *.* TO the account"
		return nil
	}
	return q.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.PROCESSLIST p"+
		" JOIN (SELECT HOST, USER FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()) me"+
		" WHERE p.USER NOT IN ('system user', 'event_scheduler') AND p.COMMAND NOT IN ('Daemon', 'Binlog Dump')"+
		" AND NOT (p.USER = me.USER AND SUBSTRING_INDEX(p.HOST, ':', 1) = SUBSTRING_INDEX(me.HOST, ':', 1))").Scan(&s.Connections)
}

func countRows(ctx context.Context, q querier, s *datamove.Server) error {
	return q.QueryRowContext(ctx, "SELECT COALESCE(SUM(TABLE_ROWS), 0), COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0)"+
		" FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"+
		" AND TABLE_TYPE <> 'VIEW'").Scan(&s.Items, &s.Bytes)
}
