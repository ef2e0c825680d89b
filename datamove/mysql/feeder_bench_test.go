package mysql

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/wire"
)

// replayConn answers every query with the same bytes.
type replayConn struct {
	net.Conn
	text []byte
	at   int
}

func (c *replayConn) Write(p []byte) (int, error) { c.at = 0; return len(p), nil }

func (c *replayConn) SetDeadline(time.Time) error { return nil }

func (c *replayConn) Read(p []byte) (int, error) {
	if c.at == len(c.text) {
		return 0, io.EOF
	}
	n := copy(p, c.text[c.at:])
	c.at += n
	return n, nil
}

// benchAnswer is the result of a SELECT of rows with their hashes.
func benchAnswer(rows int, hash bool) []byte {
	var out []byte
	seq := byte(1)
	packet := func(p []byte) {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p))|uint32(seq)<<24)
		out = append(out, p...)
		seq++
	}
	columns := 6
	if hash {
		columns++
	}
	packet([]byte{byte(columns)})
	for range columns {
		packet([]byte("column definition"))
	}
	for i := range rows {
		cells := []string{
			strconv.Itoa(i), fmt.Sprintf("Ann Canary %d", i), fmt.Sprintf("ann-%d@example.test", i), fmt.Sprintf("%d.50", i),
			"2026-11-21 15:00:00", "a text of some length that goes on for a while, with a tab\tin it",
		}
		if hash {
			cells = append(cells, strconv.Itoa(1000003*i))
		}
		var p []byte
		for _, c := range cells {
			p = append(append(p, byte(len(c))), c...)
		}
		packet(p)
	}
	packet([]byte{0xfe, 0, 0, 2, 0, 0, 0})
	return out
}

func benchPlan() *tablePlan {
	columns := []column{
		{name: "id", dataType: "bigint", columnType: "bigint(20)"},
		{name: "name", dataType: "varchar", charset: "utf8mb4"},
		{name: "mail", dataType: "varchar", charset: "utf8mb4"},
		{name: "amount", dataType: "decimal"},
		{name: "at", dataType: "datetime"},
		{name: "note", dataType: "text", charset: "utf8mb4"},
	}
	t := &table{database: "shop", name: "orders", engine: "InnoDB", columns: columns}
	return &tablePlan{
		table: t, target: "`shop`.`orders`", columns: columns, key: columns[:1], keyName: "PRIMARY", charset: "binary",
		masks: map[string]bool{}, hash: hashPlan{columns: columns},
	}
}

// sameMask is a Transform that changes nothing.
type sameMask struct{}

func (sameMask) Mask(dst, value []byte) ([]byte, bool, error) {
	return append(dst, value...), false, nil
}

func (sameMask) As() string { return "same" }

// BenchmarkFeeder reads 20,000 rows and encodes them in each of the ways.
func BenchmarkFeeder(b *testing.B) {
	for _, tc := range []struct {
		name   string
		change func(*tablePlan)
	}{
		{"bulk", func(p *tablePlan) { p.bulk = true }},
		{"load", func(*tablePlan) {}},
		{"insert", func(p *tablePlan) { p.insert = true }},
		{"masked", func(p *tablePlan) { p.bulk, p.masked, p.masks["mail"], p.hash.decoded = true, true, true, true }},
	} {
		b.Run(tc.name, func(b *testing.B) {
			plan := benchPlan()
			tc.change(plan)
			conn := &replayConn{text: benchAnswer(20_000, !plan.masked)}
			b.SetBytes(int64(len(conn.text)))
			b.ReportAllocs()
			for b.Loop() {
				benchFeed(b, plan, wire.New(conn))
			}
		})
	}
}

func benchFeed(b *testing.B, plan *tablePlan, conn *wire.Conn) {
	b.Helper()
	pool := newPool(maxBlocks)
	transforms := make([]datamove.Transform, len(plan.columns))
	if plan.masked {
		transforms[2] = sameMask{}
	}
	f := newFeeder(plan, todo{first: 1, step: 1}, pool, transforms)
	f.out.size = chunkSize
	f.out.start = func(_ context.Context, c *chunk) error {
		go func() {
			for block := range c.blocks {
				pool.put(block)
			}
		}()
		return nil
	}
	if err := conn.Query(b.Context(), "SELECT", f); err != nil {
		b.Fatal(err)
	}
	if err := f.finish(b.Context()); err != nil {
		b.Fatal(err)
	}
}
