package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/events"
)

// codeOf is the number of a server's error, 0 for any other.
func codeOf(err error) uint16 {
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func unknownVariable(err error) bool { return codeOf(err) == 1193 }

// again says whether the same chunk may be written again: the server has chosen
// it to end a deadlock, a lock was not had in time, or somebody ended the statement.
func retryable(err error) bool {
	switch codeOf(err) {
	case 1205, 1213, 1317:
		return true
	}
	return false
}

// disconnected says whether the connection is gone.
func disconnected(err error) bool {
	network := (*net.OpError)(nil)
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &network)
}

// warned is a warning of the target about rows of a chunk.
type warned struct {
	plan    *tablePlan
	span    span
	count   int64
	code    int
	message string
}

// Error is the warning without the value.
func (w *warned) Error() string {
	return fmt.Sprintf("the target changed or refused %d values of the rows %s: warning %d: %s",
		w.count, w.span, w.code, redact(w.message))
}

// redact takes values of rows out of a server's message: "Duplicate entry 'x' for
// key 'k'", "Incorrect integer value: 'x' for column 'c' at row 1".
func redact(message string) string {
	for _, mark := range []string{" for key ", " for column "} {
		end := strings.LastIndex(message, mark)
		start := strings.IndexByte(message, '\'')
		if end > 0 && start >= 0 && start < end {
			return message[:start] + "'…'" + message[end:]
		}
	}
	for _, word := range []string{"value", "entry"} {
		if i := strings.Index(message, word); i >= 0 && strings.Contains(message[i:], "'") {
			return message[:i+len(word)] + " …"
		}
	}
	return message
}

// explain turns an error into one for people. Where is "the source" or "the target".
func explain(err error, e end) error {
	if err == nil {
		return nil
	}
	if known := (*events.Error)(nil); errors.As(err, &known) {
		return err
	}
	where := "the target " + e.host()
	if e.source {
		where = "the source " + e.host()
	}
	if w := (*warned)(nil); errors.As(err, &w) {
		return events.Errorf(events.KindPartial, "compare the column's type on both sides", "%s: %w", w.plan.table.id(), w)
	}
	server := (*mysql.MySQLError)(nil)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return events.Errorf(events.KindPartial, "", "stopped: %w", err)
	case errors.As(err, &server):
		return explainCode(server, err, e, where)
	case disconnected(err):
		return events.Errorf(events.KindUnavailable, "check that the server runs", "%s: the connection was closed or refused: %w", where, err)
	}
	return events.Errorf(events.KindInternal, "", "%s: %w", where, err)
}

// explainCode knows the errors that people can do something about.
func explainCode(server *mysql.MySQLError, err error, e end, where string) error {
	text := fmt.Sprintf("%s: %s (error %d)", where, redact(server.Message), server.Number)
	explained := func(kind events.Kind, hint string) error {
		return &events.Error{Kind: kind, Message: text, Advice: hint, Cause: err}
	}
	switch server.Number {
	case 1045, 1698:
		return explained(events.KindRefused, "check the user in the URL and the password behind its credentials")
	case 1044, 1142, 1143, 1227, 1370:
		return explained(events.KindRefused, rightsHint(e))
	case 1049:
		return explained(events.KindNotFound, "check the database at the end of the URL")
	case 1146:
		return explained(events.KindNotFound, "")
	case 1290, 1792, 1836:
		return explained(events.KindRefused, "the server is read-only; SET GLOBAL read_only = OFF, or name another target")
	case 1021, 1114, 1030, 1041, 1034, 3, 28:
		return explained(events.KindPartial, "free space on its disk")
	case 1153, 1301:
		return explained(events.KindRefused, "SET GLOBAL max_allowed_packet to more than the largest row, at most 1 GiB")
	case 1412:
		return explained(events.KindPartial, "a table was altered during the copy; copy again when nobody alters tables")
	case 1040, 1203, 1053, 1077, 1927, 1158, 1159, 1160, 1161, 1184:
		return explained(events.KindUnavailable, "wait for the server")
	case 1213, 1205:
		return explained(events.KindPartial, "")
	}
	return explained(events.KindPartial, "")
}

func rightsHint(e end) string {
	rights := "ALL PRIVILEGES"
	if e.source {
		rights = "SELECT, SHOW VIEW, TRIGGER, EVENT"
	}
	on := "*.*"
	if e.database != "" {
		on = syntax.QuoteName(e.database) + ".*"
	}
	return fmt.Sprintf("GRANT %s ON %s TO '%s'@'...'", rights, on, e.address.User)
}
