package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// createTables makes databases, sequences and tables in the target, without the
// indexes that finishTable adds. What a merge or a resumed copy finds there stays.
func createTables(ctx context.Context, to querier, s *schema, o ddlOptions) error {
	if _, err := to.ExecContext(ctx, "SET foreign_key_checks = 0"); err != nil {
		return err
	}
	if err := createDatabases(ctx, to, s, o); err != nil {
		return err
	}
	for _, q := range s.sequences {
		if err := o.createSequence(ctx, to, s, q); err != nil {
			return err
		}
	}
	for _, t := range s.tables {
		if err := o.createTable(ctx, to, t); err != nil {
			return err
		}
	}
	return nil
}

// createDatabases makes those databases that the target lacks, with the defaults that
// they have in the source.
func createDatabases(ctx context.Context, to querier, s *schema, o ddlOptions) error {
	for _, d := range s.databases {
		if err := o.createDatabase(ctx, to, d); err != nil {
			return err
		}
	}
	return nil
}

func (o ddlOptions) createDatabase(ctx context.Context, to querier, d databaseInfo) error {
	name := o.target(d.name)
	statement := "CREATE DATABASE IF NOT EXISTS " + syntax.QuoteName(name)
	if d.collation != "" {
		statement += " COLLATE " + o.collation(d.collation)
	}
	if _, err := to.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func (o ddlOptions) createTable(ctx context.Context, to querier, t *table) error {
	statement, err := o.tableStatement(t, o.keeps())
	if err != nil {
		return err
	}
	if err := use(ctx, to, o.target(t.database)); err != nil {
		return err
	}
	if _, err := to.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("create table %s: %w", o.targetTable(t), err)
	}
	return nil
}

// keeps says whether what is there already may be there.
func (o ddlOptions) keeps() bool { return o.resume || o.existing == datamove.ExistingMerge }

func use(ctx context.Context, q querier, database string) error {
	if _, err := q.ExecContext(ctx, "USE "+syntax.QuoteName(database)); err != nil {
		return fmt.Errorf("choose database %s: %w", database, err)
	}
	return nil
}

func (o ddlOptions) createSequence(ctx context.Context, to querier, s *schema, q object) error {
	if q.create == "" {
		return fmt.Errorf("sequence %s: %s", q.id(), q.problem)
	}
	made, err := o.rewrite(s, q)
	if err != nil {
		return err
	}
	statement := made.text
	if o.keeps() {
		statement = strings.Replace(statement, "CREATE SEQUENCE ", "CREATE SEQUENCE IF NOT EXISTS ", 1)
	}
	if err := use(ctx, to, o.target(q.database)); err != nil {
		return err
	}
	if _, err := to.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("create sequence %s: %w", q.name, err)
	}
	return nil
}

// finishTable adds the deferred indexes that the table of the target lacks, in one
// ALTER. It may be called again.
func finishTable(ctx context.Context, to querier, t *table, o ddlOptions) error {
	rows, err := records(ctx, to, "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = "+
		syntax.QuoteText(o.target(t.database))+" AND TABLE_NAME = "+syntax.QuoteText(t.name))
	if err != nil {
		return err
	}
	there, want := map[string]bool{}, o.place(o.target(t.database), "", t.name)
	for _, row := range rows {
		if o.place(row["TABLE_SCHEMA"], "", row["TABLE_NAME"]) == want {
			there[row["INDEX_NAME"]] = true
		}
	}
	statement, err := o.indexStatement(t, func(name string) bool { return !there[name] })
	if err != nil || statement == "" {
		return err
	}
	if _, err := to.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("add the indexes of table %s: %w", o.targetTable(t), err)
	}
	return nil
}

// outcome is what became of everything but rows.
type objectsReport struct {
	objects  []datamove.Object
	leftOut  []datamove.LeftOut
	warnings []string
}

// createRest makes everything else: counters, sequences' values, routines, views,
// triggers and events, then compares all of it. It may be called again. The session
// gets other settings on the way and those of the rows' sessions at its end. What the
// target refuses is reported as an object that is not equal; an error is only what stops.
func createObjects(ctx context.Context, to querier, s *schema, o ddlOptions) (objectsReport, error) {
	c := creator{options: o, to: to, source: s, refused: map[string]string{}}
	err := c.all(ctx)
	if err = errors.Join(err, c.restore(ctx)); err != nil {
		return objectsReport{}, err
	}
	out, err := compareObjects(ctx, to, s, o)
	for i, made := range out.objects {
		if why, ok := c.refused[made.Kind+" "+made.Name]; ok && !made.Equal {
			out.objects[i].Changed = why
		}
	}
	return out, err
}

// creator makes objects in the target.
type creator struct {
	options ddlOptions
	to      querier
	source  *schema
	refused map[string]string
}

func (c *creator) all(ctx context.Context) error {
	for _, t := range c.source.tables {
		if err := c.counter(ctx, t); err != nil {
			return err
		}
	}
	for _, q := range c.source.sequences {
		if err := c.sequenceValue(ctx, q); err != nil {
			return err
		}
	}
	for _, group := range [][]object{c.source.routines, byMention(c.source.views), c.source.triggers, c.source.events} {
		if err := c.group(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// counter raises AUTO_INCREMENT where the rows alone did not.
func (c *creator) counter(ctx context.Context, t *table) error {
	if t.autoIncrement < 2 {
		return nil
	}
	rows, err := records(ctx, c.to, "SHOW TABLE STATUS FROM "+syntax.QuoteName(c.options.target(t.database))+" WHERE Name = "+syntax.QuoteText(t.name))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if c.options.place("", "", row["NAME"]) == c.options.place("", "", t.name) && tableStatusCounter(row) < t.autoIncrement {
			statement := fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", c.options.targetTable(t), t.autoIncrement)
			if _, err := c.to.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
	}
	return nil
}

// sequenceValue lets the sequence go on where the source's does. It never goes back.
func (c *creator) sequenceValue(ctx context.Context, q object) error {
	name := syntax.QuoteName(c.options.target(q.database)) + "." + syntax.QuoteName(q.name)
	next, rounds := q.state["NEXT_NOT_CACHED_VALUE"], q.state["CYCLE_COUNT"]
	if next == "" {
		return fmt.Errorf("sequence %s: its value cannot be read", q.id())
	}
	if _, err := c.to.ExecContext(ctx, fmt.Sprintf("DO SETVAL(%s, %s, 0, %s)", name, next, rounds)); err != nil {
		return fmt.Errorf("set the value of sequence %s: %w", name, err)
	}
	return nil
}

// group makes objects, and those that the target refuses once more after the others,
// as long as that helps: a view may need one that comes later.
func (c *creator) group(ctx context.Context, objects []object) error {
	for len(objects) > 0 {
		var again []object
		for _, o := range objects {
			err := c.create(ctx, o)
			var refusal *driver.MySQLError
			switch {
			case errors.As(err, &refusal):
				c.refused[o.kind+" "+c.options.target(o.database)+"."+o.name] = "the target refused it: " + refusal.Error()
				again = append(again, o)
			case err != nil:
				return fmt.Errorf("create %s %s: %w", o.kind, o.id(), err)
			default:
				delete(c.refused, o.kind+" "+c.options.target(o.database)+"."+o.name)
			}
		}
		if len(again) == len(objects) {
			return nil
		}
		objects = again
	}
	return nil
}

// create makes one object in the session settings that it was made in.
func (c *creator) create(ctx context.Context, o object) error {
	if o.create == "" {
		return nil // preflight has reported it
	}
	made, err := c.options.rewrite(c.source, o)
	if err != nil {
		return err
	}
	statements := []string{"USE " + syntax.QuoteName(c.options.target(o.database)), made.session}
	if c.options.keeps() || c.options.existing == datamove.ExistingReplace {
		statements = append(dropStatements(o.kind, c.options.target(o.database), o.name), statements...)
	}
	for _, statement := range append(statements, made.text) {
		if _, err := c.to.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, c.restore(ctx))
		}
	}
	return c.restore(ctx)
}

// dropStatements remove an object if it is there. Packages are words of Oracle's mode
// only.
func dropStatements(kind, database, name string) []string {
	drop := "DROP " + strings.ToUpper(kind) + " IF EXISTS " + syntax.QuoteName(database) + "." + syntax.QuoteName(name)
	if kind != kindPackage && kind != kindPackageBody {
		return []string{drop}
	}
	return []string{"SET sql_mode = 'ORACLE'", drop, "SET sql_mode = '" + sessionMode + "'"}
}

// restore gives the session the settings of the sessions for rows.
func (c *creator) restore(ctx context.Context) error {
	_, err := c.to.ExecContext(ctx, "SET character_set_client = 'utf8mb4', collation_connection = 'utf8mb4_general_ci', "+
		"sql_mode = '"+sessionMode+"', time_zone = '+00:00'")
	if err != nil {
		return fmt.Errorf("put the session's settings back: %w", err)
	}
	return nil
}
