package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
	"github.com/shakedown-dev/shakedown/datamove/trust"
)

// dialTimeout bounds the dialling of a server, not its answers.
const dialTimeout = 10 * time.Second

// sessionMode is the sql_mode of every session: a 0 stays a 0, dates may be impossible
// ones, as the source may have taken them, and no engine is chosen for another.
const sessionMode = "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES"

// endpoint is one end of a copy, resolved.
type end struct {
	access   datamove.Access
	address  datamove.Address
	database string
	// source ends only read.
	source bool
	// identity is that of the server, shared by all connections of a run.
	identity *oneServer
}

func newEnd(a datamove.Access, source bool) (end, error) {
	address, err := a.Address()
	if err != nil {
		return end{}, err
	}
	if address.Store != datamove.StoreMySQL || len(address.Hosts) != 1 {
		return end{}, fmt.Errorf("want mysql://user@host:port/database with one host")
	}
	return end{access: a, address: address, database: strings.TrimSuffix(address.Path, "/"), source: source, identity: &oneServer{}}, nil
}

func (e end) host() string { return e.address.Hosts[0] }

// pins are the settings of every session: what is read is text in UTF-8 with all
// its digits, and what is written is taken as it is, whatever the server has for all
// sessions: a sql_select_limit alone would lose rows without a word.
func (e end) pins() []string {
	pins := []string{
		"SET NAMES utf8mb4",
		"SET SESSION time_zone = '+00:00', sql_mode = '" + sessionMode + "', sql_quote_show_create = 1, sql_auto_is_null = 0," +
			" sql_select_limit = 18446744073709551615, sql_big_selects = 1, max_sort_length = 8192",
		// One session holds the lock, or the moment, while others work for hours.
		"SET SESSION wait_timeout = 2147483, net_write_timeout = 28800, net_read_timeout = 28800, completion_type = 0, autocommit = 1",
	}
	if e.source {
		return append(pins, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
	}
	return append(pins, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
		"SET SESSION foreign_key_checks = 0, unique_checks = 1, sql_safe_updates = 0, innodb_lock_wait_timeout = 120, max_error_count = 64")
}

// softPins are those that only one of the products knows.
func (e end) softPins() []string {
	both := []string{
		"SET SESSION max_statement_time = 0", "SET SESSION idle_transaction_timeout = 0",
		"SET SESSION idle_readonly_transaction_timeout = 0", "SET SESSION idle_write_transaction_timeout = 0",
	}
	if e.source {
		return append(both, "SET SESSION max_execution_time = 0")
	}
	return append(both, "SET SESSION sql_generate_invisible_primary_key = OFF", "SET SESSION check_constraint_checks = OFF")
}

// open makes a pool of pinned sessions. Nothing is dialled yet. Tap, which may be
// nil, gets every connection that is dialled.
func (e end) open(tap func(net.Conn)) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr = e.address.User, e.access.Secret, "tcp", e.host()
	c.Collation, c.InterpolateParams, c.Timeout = "utf8mb4_general_ci", true, dialTimeout
	c.MaxAllowedPacket = 0 // as the server says
	c.Logger = &mysql.NopLogger{}
	var err error
	if c.TLS, err = e.tls(); err != nil {
		return nil, err
	}
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if !e.source && c.TLS == nil {
			conn = wire.OfferBulk(conn)
		}
		if tap != nil {
			tap(conn)
		}
		return conn, nil
	}
	inner, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(pinned{inner, e})
	db.SetConnMaxLifetime(0)
	return db, nil
}

// tls is nil for a connection in the clear.
func (e end) tls() (*tls.Config, error) {
	if !e.address.TLS {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(e.host())
	if err != nil {
		return nil, err
	}
	return trust.Config(e.access.CA, host)
}

// pinned is a connector whose connections have the settings of their end.
type pinned struct {
	driver.Connector
	end end
}

// Connect dials and pins. The target gets a fence.
func (p pinned) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	err = p.pin(ctx, conn)
	if err == nil {
		err = p.end.identity.check(ctx, conn, p.end.host())
	}
	if err != nil {
		_ = conn.Close() // it is of no use
		return nil, err
	}
	if p.end.source {
		return conn, nil
	}
	return fence(conn)
}

func (p pinned) pin(ctx context.Context, conn driver.Conn) error {
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return fmt.Errorf("the driver's connections run no statements")
	}
	for _, statement := range p.end.pins() {
		if _, err := execer.ExecContext(ctx, statement, nil); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	for _, statement := range p.end.softPins() {
		if _, err := execer.ExecContext(ctx, statement, nil); err != nil && !unknownVariable(err) {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
