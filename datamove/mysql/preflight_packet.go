package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

const (
	// measurable is the most data that is read through to find the largest row.
	measurable = 8 << 30
	// packetSlack is for the statement around a row.
	packetSlack = 1 << 10
	// narrowRow is what a row may have beside large values.
	narrowRow = 1 << 16
)

// packet finds rows that are larger than the servers take: the target in a statement,
// both in the text that is hashed. A table whose columns cannot come to as much is not read.
func (p *inspector) packet(ctx context.Context) error {
	source, err := packetLimit(ctx, p.from)
	target, targetErr := packetLimit(ctx, p.to)
	local, localErr := localInfile(ctx, p.to)
	if err = errors.Join(err, targetErr, localErr); err != nil {
		return err
	}
	inserts := !local || p.options.existing == datamove.ExistingMerge
	if least := int64(insertBlock + 2*narrowRow); inserts && target < least {
		p.add(datamove.Refusal, "max-allowed-packet", "SET GLOBAL max_allowed_packet = "+strconv.FormatInt(roundUp(least), 10),
			"the target takes packets of %d bytes; the statements of this copy have %d", target, least)
		return nil
	}
	for _, t := range p.source.tables {
		if widest(t)+narrowRow < min(source, target) {
			continue
		}
		if err := p.largestRow(ctx, t, source, target, inserts); err != nil {
			return err
		}
	}
	return nil
}

func packetLimit(ctx context.Context, q querier) (int64, error) {
	value, err := variable(ctx, q, "global.max_allowed_packet")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(value, 10, 64)
}

// largestRow holds the largest row of a table against both limits. In an INSERT a value
// may take twice its bytes.
func (p *inspector) largestRow(ctx context.Context, t *table, source, target int64, inserts bool) error {
	if t.dataBytes > measurable {
		p.add(datamove.Warning, "max-allowed-packet", "", "table %s may hold rows larger than the target's max_allowed_packet of %d bytes; it is too large to be measured", t.id(), target)
		return nil
	}
	row, text, err := p.measure(ctx, t)
	if err != nil {
		return err
	}
	sent := row + packetSlack
	if inserts {
		sent = 2*row + insertBlock
	}
	hint := "SET GLOBAL max_allowed_packet = " + strconv.FormatInt(roundUp(row*2), 10)
	switch {
	case sent > target || text+narrowRow > target && text > 0:
		p.add(datamove.Refusal, "max-allowed-packet", hint, "table %s has a row of %d bytes; the target takes packets of %d", t.id(), row, target)
	case text+narrowRow > source && text > 0:
		p.add(datamove.Refusal, "max-allowed-packet", hint, "table %s has a row of %d bytes, which the source cannot hash with its max_allowed_packet of %d", t.id(), row, source)
	}
	return nil
}

// measure returns the bytes of the largest row of a table, and of the largest text of a
// row that is hashed.
func (p *inspector) measure(ctx context.Context, t *table) (int64, int64, error) {
	var whole, hashed []string
	for _, c := range t.insertable() {
		if most(c) > 0 {
			length := "COALESCE(OCTET_LENGTH(" + syntax.QuoteName(c.name) + "),0)"
			whole, hashed = append(whole, length), append(hashed, fmt.Sprintf("LEAST(%s,%d)", length, longValue))
		}
	}
	var row, text sql.NullInt64
	query := "SELECT MAX(" + strings.Join(whole, "+") + "), MAX(" + strings.Join(hashed, "+") + ") FROM " + t.quoted()
	err := p.from.QueryRowContext(ctx, query).Scan(&row, &text)
	return row.Int64, text.Int64, err
}

// roundUp is the next multiple of 1 MiB, at most what a server takes.
func roundUp(n int64) int64 { return min((n+1<<20)>>20<<20, 1<<30) }

// widest is the most bytes that the large values of a row can have.
func widest(t *table) int64 {
	var sum int64
	for _, c := range t.insertable() {
		sum += most(c)
	}
	return sum
}

// most is the largest value of a column that may be large, else 0.
func most(c column) int64 {
	switch c.dataType {
	case "text", "blob":
		return 1<<16 - 1
	case "mediumtext", "mediumblob":
		return 1<<24 - 1
	case "longtext", "longblob", "json":
		return 1 << 30
	}
	if c.isGeometry() {
		return 1 << 30
	}
	return 0
}
