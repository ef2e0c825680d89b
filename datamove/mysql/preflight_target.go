package mysql

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// variable is the value of a system variable, empty when the server has none of that name.
func variable(ctx context.Context, q querier, name string) (string, error) {
	var value sql.NullString
	err := q.QueryRowContext(ctx, "SELECT @@"+name).Scan(&value)
	var unknown *driver.MySQLError
	if errors.As(err, &unknown) && unknown.Number == 1193 {
		return "", nil
	}
	return value.String, err
}

// sameDatabase refuses a copy of a database onto itself. A named lock that one end
// takes and the other sees held proves that both are one server, whatever their
// addresses.
func (p *inspector) sameDatabase(ctx context.Context) error {
	same, err := sameServer(ctx, p.from, p.to, "shakedown-"+p.job.ID)
	if err != nil || !same {
		return err
	}
	for _, d := range p.source.databases {
		if p.options.target(d.name) == d.name {
			p.add(datamove.Refusal, "same-database", "name another database in the target's URL", "both ends are database %s of the same server", d.name)
		}
	}
	return nil
}

func sameServer(ctx context.Context, from, to querier, lock string) (bool, error) {
	lock = lock[:min(len(lock), 64)]
	var got sql.NullInt64
	if err := from.QueryRowContext(ctx, "SELECT GET_LOCK("+syntax.QuoteText(lock)+", 0)").Scan(&got); err != nil {
		return false, err
	}
	if got.Int64 != 1 {
		return false, nil // another inspection for the same run holds it
	}
	var source, holder sql.NullInt64
	err := errors.Join(
		from.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&source),
		to.QueryRowContext(ctx, "SELECT IS_USED_LOCK("+syntax.QuoteText(lock)+")").Scan(&holder),
		from.QueryRowContext(context.WithoutCancel(ctx), "SELECT RELEASE_LOCK("+syntax.QuoteText(lock)+")").Scan(&got),
	)
	return err == nil && holder.Valid && holder.Int64 == source.Int64, err
}

func (p *inspector) readOnly(ctx context.Context) error {
	for _, name := range []string{"global.read_only", "global.super_read_only", "global.innodb_read_only"} {
		value, err := variable(ctx, p.to, name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "global.")
		if value != "" && value != "0" && !strings.EqualFold(value, "OFF") {
			p.add(datamove.Refusal, "read-only", "SET GLOBAL "+name+" = 0, or choose another target", "the target has %s = %s", name, value)
		}
	}
	return nil
}

// existingObjects refuses what is in the way, or what cannot be merged into.
func (p *inspector) existingObjects(ctx context.Context) error {
	if p.options.stage >= stageObjects {
		return nil
	}
	there, err := readTarget(ctx, p.to, p.source, p.options)
	if err != nil {
		return err
	}
	found := occupied(p.source, there, p.options)
	if p.options.existing == datamove.ExistingMerge {
		p.mergeable(found, there)
		return nil
	}
	if p.options.stage >= stageCleared {
		return p.notOurs(ctx, found)
	}
	switch names := some(occupantNames(found)); {
	case len(found) == 0:
	case p.options.existing == datamove.ExistingFail:
		p.add(datamove.Refusal, "not-empty", "existing: replace removes them, existing: merge writes into them", "the target has already %s", names)
	default:
		p.add(datamove.Warning, "not-empty", "", "removed from the target first: %s", names)
	}
	return nil
}

// notOurs refuses to go on where somebody else has made something since the run was
// stopped. Tables that the run has not noted as made are its own if they are empty.
func (p *inspector) notOurs(ctx context.Context, found []occupant) error {
	var theirs []string
	for _, x := range found {
		ours := x.kind == x.wanted && (x.kind == kindTable || x.kind == kindSequence)
		if ours && x.kind == kindTable && p.options.stage < stageTables {
			var rows bool
			if err := p.to.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+syntax.QuoteName(x.database)+"."+syntax.QuoteName(x.name)+")").Scan(&rows); err != nil {
				return err
			}
			ours = !rows
		}
		if !ours {
			theirs = append(theirs, x.String())
		}
	}
	if len(theirs) > 0 {
		p.add(datamove.Refusal, "not-empty", "rename or drop them", "the target has what this run has not made: %s", some(theirs))
	}
	return nil
}

// mergeable refuses tables of the target that do not hold the rows of the source as
// they are, and those by which a merge would write elsewhere.
func (p *inspector) mergeable(found []occupant, there *schema) {
	for _, x := range found {
		if x.kind != x.wanted {
			p.add(datamove.Refusal, "merge", "rename or drop it", "%s of the target is in the place of a %s of the source", x, x.wanted)
		}
	}
	p.foreignTriggers(there)
	for _, t := range p.source.tables {
		have := p.options.counterpart(there, t)
		if have == nil {
			continue
		}
		for _, c := range t.insertable() {
			other, ok := have.column(c.name)
			if want := p.options.shape(c, true); !ok || want != p.options.shape(other, false) {
				p.add(datamove.Refusal, "merge", "ALTER the target's table, or existing: replace", "column %s.%s is not the same in the target", t.id(), c.name)
			}
		}
		if !have.identifiesRows() {
			p.add(datamove.Refusal, "merge", "exclude it, or existing: replace", "table %s has no key to merge rows by", have.id())
		} else if key, ok := t.keyIndex(); ok && !have.hasKey(key) {
			p.add(datamove.Refusal, "merge", "ALTER the target's table, or existing: replace", "key %s of table %s is not the same in the target", key.name, t.id())
		}
	}
}

// firing refuses triggers that only the target has on tables that are merged into;
// those of the source are away while rows are written.
func (p *inspector) foreignTriggers(there *schema) {
	into, known := map[place]bool{}, map[place]bool{}
	for _, t := range p.source.tables {
		into[p.options.place(p.options.target(t.database), "", t.name)] = true
	}
	for _, b := range p.source.triggers {
		known[p.options.place(p.options.target(b.database), kindTrigger, b.name)] = true
	}
	for _, b := range there.triggers {
		if into[p.options.place(b.database, "", b.table)] && !known[p.options.place(b.database, kindTrigger, b.name)] {
			p.add(datamove.Refusal, "merge", "drop it, or exclude its table", "trigger %s of the target would fire for rows of table %s", b.id(), b.table)
		}
	}
}

// hasKey says whether the table has a key of the same name and columns.
func (t *table) hasKey(key index) bool {
	return slices.ContainsFunc(t.indexes, func(ix index) bool {
		return ix.name == key.name && ix.unique && slices.EqualFunc(ix.parts, key.parts, func(a, b indexPart) bool {
			return strings.EqualFold(a.column, b.column) && a.prefix == b.prefix
		})
	})
}

// tellsApart says whether rows with the same key meet in the table.
func (t *table) identifiesRows() bool {
	return slices.ContainsFunc(t.indexes, func(ix index) bool {
		return ix.unique && !slices.ContainsFunc(ix.parts, func(p indexPart) bool { return p.nullable })
	})
}

// engines refuses tables that hold no rows of their own, whose copy would write
// somewhere else, and those that the target cannot have.
func (p *inspector) engines(ctx context.Context) error {
	has, err := enginesOf(ctx, p.to)
	if err != nil {
		return err
	}
	remote := []string{"FEDERATED", "SPIDER", "CONNECT", "MRG_MYISAM", "S3", "OQGRAPH", "SPHINX"}
	var loose []string
	for _, t := range p.source.tables {
		switch engine := strings.ToUpper(t.engine); {
		case engine == "" || engine == "INNODB":
		case slices.Contains(remote, engine):
			p.add(datamove.Refusal, "engines", "exclude it", "table %s is of engine %s: its rows lie elsewhere, and the copy would be written there", t.id(), t.engine)
		case !has[engine]:
			p.add(datamove.Refusal, "engines", "exclude it, or install the engine in the target", "the target has no engine %s for table %s", t.engine, t.id())
		default:
			loose = append(loose, t.id()+" ("+t.engine+")")
		}
	}
	if len(loose) > 0 {
		p.add(datamove.Warning, "engines", "", "tables without transactions show the moment they are read at, not that of the snapshot: %s", some(loose))
	}
	return nil
}

// enginesOf are the engines that a server has, in capitals.
func enginesOf(ctx context.Context, q querier) (map[string]bool, error) {
	rows, err := records(ctx, q, "SELECT ENGINE, SUPPORT FROM information_schema.ENGINES")
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, row := range rows {
		has[strings.ToUpper(row["ENGINE"])] = row["SUPPORT"] == "YES" || row["SUPPORT"] == "DEFAULT"
	}
	return has, nil
}

// nameCase: servers that fold names may give two tables one name.
func (p *inspector) nameCase(ctx context.Context) error {
	source, err := variable(ctx, p.from, "lower_case_table_names")
	sink, sinkErr := variable(ctx, p.to, "lower_case_table_names")
	if err = errors.Join(err, sinkErr); err != nil || source == sink {
		return err
	}
	p.add(datamove.Warning, "name-case", "", "lower_case_table_names is %s in the source and %s in the target", source, sink)
	if sink == "0" {
		return nil
	}
	seen := map[string]string{}
	for _, t := range p.source.tables {
		low := strings.ToLower(p.options.target(t.database) + "." + t.name)
		if other, clash := seen[low]; clash {
			p.add(datamove.Refusal, "name-case", "exclude one of them", "tables %s and %s have one name in the target", other, t.id())
		}
		seen[low] = t.id()
	}
	return nil
}

// modes: rows with zero dates are copied, but a strict target takes none from others.
func (p *inspector) modes(ctx context.Context) error {
	source, err := variable(ctx, p.from, "global.sql_mode")
	sink, sinkErr := variable(ctx, p.to, "global.sql_mode")
	if err = errors.Join(err, sinkErr); err != nil {
		return err
	}
	for _, mode := range []string{"NO_ZERO_DATE", "NO_ZERO_IN_DATE", "STRICT_TRANS_TABLES"} {
		if strings.Contains(sink, mode) && !strings.Contains(source, mode) {
			p.add(datamove.Note, "sql-mode", "", "the target has %s and the source has not: what is copied as it is may be refused there when it is written again", mode)
		}
	}
	return nil
}

// functionCreators: with a binary log, routines and triggers need more.
func (p *inspector) functionCreators(ctx context.Context) error {
	if len(p.source.routines)+len(p.source.triggers) == 0 {
		return nil
	}
	log, err := variable(ctx, p.to, "log_bin")
	trust, trustErr := variable(ctx, p.to, "global.log_bin_trust_function_creators")
	grants, grantErr := readGrants(ctx, p.to)
	if err = errors.Join(err, trustErr, grantErr); err != nil {
		return err
	}
	if log == "1" && trust == "0" && len(missing(grants, "", "SUPER")) > 0 {
		p.add(datamove.Refusal, "rights", "SET GLOBAL log_bin_trust_function_creators = 1",
			"the target writes a binary log and takes functions and triggers only of accounts with SUPER")
	}
	return nil
}

// room warns of a disk that is too small, where the target says how much room it has.
func (p *inspector) diskSpace(ctx context.Context) error {
	var need int64
	for _, t := range p.source.tables {
		need += t.dataBytes + t.indexBytes
	}
	rows, err := records(ctx, p.to, "SELECT * FROM information_schema.DISKS")
	var unknown *driver.MySQLError
	switch {
	case errors.As(err, &unknown):
		p.add(datamove.Note, "disk", "", "the copy takes about %d MiB; the target does not say how much room it has", need>>20+1)
		return nil
	case err != nil:
		return err
	}
	free := int64(-1)
	for _, row := range rows {
		free = max(free, row.number("AVAILABLE")<<10)
	}
	if free >= 0 && free < need {
		p.add(datamove.Refusal, "disk", "", "the copy takes about %d MiB; the target has %d MiB on its largest disk", need>>20+1, free>>20)
	}
	return nil
}

// history warns of undo that has piled up: a snapshot adds to it.
func (p *inspector) history(ctx context.Context) error {
	const many = 1_000_000
	rows, err := records(ctx, p.from, "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'")
	if _, forbidden := errors.AsType[*driver.MySQLError](err); forbidden {
		return nil
	}
	if err == nil && len(rows) == 1 && rows[0].number("COUNT") > many {
		p.add(datamove.Warning, "history", "look for old transactions in information_schema.INNODB_TRX", "the source keeps %s versions of rows for open snapshots already", rows[0]["COUNT"])
	}
	return err
}
