package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
	"github.com/shakedown-dev/shakedown/events"
)

// ledgerTable is ours, in the target's database, for the time of a run: what is
// done, written in the same transactions as the rows.
const ledgerTable = "shakedown_ledger"

// ledger is that table of one run.
type ledger struct {
	database string
	table    string // quoted
	job      string
}

func newLedger(database, job string) *ledger {
	return &ledger{database: database, table: syntax.QuoteName(database) + "." + syntax.QuoteName(ledgerTable), job: job}
}

// stage is how far a run is.
type stage int

// The stages: what is in the way has been removed, all tables are the run's own, and so
// are the objects beside them.
const (
	stageBegun stage = iota
	stageCleared
	stageTables
	stageObjects
)

// entry is a chunk that is done.
type entry struct {
	number int64
	span   span
	sum    string
	rows   int64
}

// create makes the table with the head of this run.
func (l *ledger) create(ctx context.Context, q querier, head map[string]string) error {
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+l.table+` (
 job VARCHAR(63) CHARACTER SET ascii NOT NULL,
 item VARBINARY(600) NOT NULL,
 number BIGINT NOT NULL,
 low LONGBLOB, high LONGBLOB,
 items BIGINT NOT NULL,
 checksum VARCHAR(64) CHARACTER SET ascii NOT NULL,
 head LONGBLOB,
 PRIMARY KEY (job, item, number)) ENGINE=InnoDB`); err != nil {
		return fmt.Errorf("make the ledger %s: %w", l.table, err)
	}
	_, err = q.ExecContext(ctx, "INSERT INTO "+l.table+" (job,item,number,items,checksum,head) VALUES (?,'',0,0,'',?)", l.job, text)
	if err != nil {
		return fmt.Errorf("begin the ledger %s: %w", l.table, err)
	}
	return nil
}

// head reads that of this run; nil when there is none. Others are the runs that
// the table is of.
func (l *ledger) head(ctx context.Context, q querier) (head map[string]string, others []string, err error) {
	rows, err := q.QueryContext(ctx, "SELECT job, head FROM "+l.table+" WHERE item = '' AND number = 0")
	if code := codeOf(err); code == 1146 || code == 1049 {
		return nil, nil, nil
	}
	if codeOf(err) == 1054 {
		return nil, nil, events.Errorf(events.KindRefused, "rename it, or name another database",
			"the table %s has the name of our ledger and is somebody else's", l.table)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the ledger %s: %w", l.table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var job string
		var text []byte
		if err := rows.Scan(&job, &text); err != nil {
			return nil, nil, err
		}
		if job != l.job {
			others = append(others, job)
			continue
		}
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, nil, fmt.Errorf("read the ledger %s: %w", l.table, err)
		}
	}
	return head, others, rows.Err()
}

// mark notes that the run has come to a stage.
func (l *ledger) mark(ctx context.Context, q querier, s stage) error {
	if _, err := q.ExecContext(ctx, "INSERT IGNORE INTO "+l.table+" (job,item,number,items,checksum) VALUES (?,'',?,0,'')", l.job, int(s)); err != nil {
		return fmt.Errorf("write the ledger %s: %w", l.table, err)
	}
	return nil
}

// stage is that which the run had come to.
func (l *ledger) stage(ctx context.Context, q rower) (s stage, err error) {
	if err := q.QueryRowContext(ctx, "SELECT COALESCE(MAX(number),0) FROM "+l.table+" WHERE job = ? AND item = ''", l.job).Scan(&s); err != nil {
		return 0, fmt.Errorf("read the ledger %s: %w", l.table, err)
	}
	return s, nil
}

// chunk writes the row of a chunk into the transaction that has its rows.
func (l *ledger) chunk(ctx context.Context, conn *sql.Conn, c *chunk) error {
	_, err := conn.ExecContext(ctx, "INSERT INTO "+l.table+" (job,item,number,low,high,items,checksum) VALUES (?,?,?,?,?,?,?)",
		l.job, c.plan.table.quoted(), c.number, c.span.low.marshal(), c.span.high.marshal(), c.source.Items, c.source.Checksum())
	return err
}

// done are the chunks of a table, in the order of their keys.
func (l *ledger) done(ctx context.Context, q querier, p *tablePlan) ([]entry, error) {
	rows, err := q.QueryContext(ctx, "SELECT number,low,high,items,checksum FROM "+l.table+" WHERE job=? AND item=? ORDER BY number", l.job, p.table.quoted())
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	defer rows.Close()
	var out []entry
	for rows.Next() {
		var e entry
		var low, high []byte
		if err := rows.Scan(&e.number, &low, &high, &e.rows, &e.sum); err != nil {
			return nil, err
		}
		if e.span.low, err = unmarshalBound(low); err != nil {
			return nil, err
		}
		if e.span.high, err = unmarshalBound(high); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// rewrite numbers the chunks that stay so far apart that new ones fit between,
// and forgets the others.
func (l *ledger) rewrite(ctx context.Context, conn *sql.Conn, p *tablePlan, keep []entry) error {
	if _, err := conn.ExecContext(ctx, "DELETE FROM "+l.table+" WHERE job=? AND item=?", l.job, p.table.quoted()); err != nil {
		return err
	}
	for i := range keep {
		e := &keep[i]
		e.number = int64(i+1) * numberGap
		if _, err := conn.ExecContext(ctx, "INSERT INTO "+l.table+" (job,item,number,low,high,items,checksum) VALUES (?,?,?,?,?,?,?)",
			l.job, p.table.quoted(), e.number, e.span.low.marshal(), e.span.high.marshal(), e.rows, e.sum); err != nil {
			return err
		}
	}
	return nil
}

// numberGap is how many chunks fit between two that stay.
const numberGap = 1 << 32

// drop ends the run's ledger; the table goes with the last run.
func (l *ledger) drop(ctx context.Context, q querier) error {
	if _, err := q.ExecContext(ctx, "DROP TABLE IF EXISTS "+l.table); err != nil {
		return fmt.Errorf("remove the ledger %s: %w", l.table, err)
	}
	return nil
}

// changed names what differs in the head of a run that is resumed.
func changed(was, is map[string]string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if was[name] != is[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
