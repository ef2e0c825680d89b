package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// identityQuery tells one server from another, also after it was restarted.
const identityQuery = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'hostname', 'port', 'server_id', 'datadir', 'socket')"

// oneServer holds the server that the first connection of an end reached. What the guards
// have judged, and what the moment of a snapshot is of, is that server alone: a name
// that stands for another one later, or for several, must not mix them.
type oneServer struct {
	mu    sync.Mutex
	first string
}

// check is an error of events.KindRefused when the connection reached another server
// than the first one did, or one that does not say who it is.
func (i *oneServer) check(ctx context.Context, conn driver.Conn, host string) error {
	is, err := identify(ctx, conn)
	if err != nil {
		return fmt.Errorf("ask the server who it is: %w", err)
	}
	if is == "" {
		return events.Errorf(events.KindRefused, "name the server itself, not a proxy before it",
			"%s does not say who it is, so that nobody can tell whether every connection reaches the same server", host)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.first == "" {
		i.first = is
	}
	if i.first == is {
		return nil
	}
	return events.Errorf(events.KindRefused, "name one server, not a name that stands for several, and begin again",
		"%s is another server than before: it is %q, and was %q", host, is, i.first)
}

// identify asks a server who it is, "" when it says nothing.
func identify(ctx context.Context, conn driver.Conn) (is string, err error) {
	asker, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", fmt.Errorf("the driver's connections run no queries")
	}
	rows, err := asker.QueryContext(ctx, identityQuery, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []string
	for row := make([]driver.Value, len(rows.Columns())); ; {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return strings.Join(all, ", "), nil
		case err != nil:
			return "", err
		}
		if value := fmt.Sprintf("%s", row[1]); row[1] != nil && value != "" {
			all = append(all, fmt.Sprintf("%s=%s", row[0], value))
		}
	}
}
