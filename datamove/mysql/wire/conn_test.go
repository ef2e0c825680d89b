package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
)

// rowsSink is a sink that keeps all rows.
type rowsSink struct {
	all [][]string
	now []string
	big []byte
}

var _ Sink = (*rowsSink)(nil)

func (r *rowsSink) Cell(_ context.Context, v []byte) error {
	if v == nil {
		r.now = append(r.now, "NULL")
		return nil
	}
	r.now = append(r.now, "="+string(v))
	return nil
}

func (r *rowsSink) Begin(context.Context, uint64) error { r.big = []byte("="); return nil }

func (r *rowsSink) Part(_ context.Context, v []byte) error { r.big = append(r.big, v...); return nil }

func (r *rowsSink) End(context.Context) error { r.now = append(r.now, string(r.big)); return nil }

func (r *rowsSink) Row(context.Context) error {
	r.all, r.now = append(r.all, r.now), nil
	return nil
}

// answer writes the packets of a result.
func answer(columns int, deprecateEOF bool, payloads [][]byte) []byte {
	var out []byte
	seq := byte(1)
	packet := func(p []byte) {
		for {
			n := min(len(p), maxPacket)
			out = append(out, byte(n), byte(n>>8), byte(n>>16), seq)
			out = append(out, p[:n]...)
			seq++
			p = p[n:]
			if n < maxPacket {
				return
			}
		}
	}
	packet([]byte{byte(columns)})
	for range columns {
		packet([]byte("column definition"))
	}
	if !deprecateEOF {
		packet([]byte{packetEOF, 0, 0, 2, 0})
	}
	for _, p := range payloads {
		packet(p)
	}
	if deprecateEOF {
		packet([]byte{packetEOF, 0, 0, 2, 0, 0, 0})
	} else {
		packet([]byte{packetEOF, 0, 0, 2, 0})
	}
	return out
}

func lenenc(v []byte) []byte {
	if v == nil {
		return []byte{cellNull}
	}
	switch n := len(v); {
	case n < 251:
		return append([]byte{byte(n)}, v...)
	case n < 1<<16:
		return append([]byte{0xfc, byte(n), byte(n >> 8)}, v...)
	case n < 1<<24:
		return append([]byte{0xfd, byte(n), byte(n >> 8), byte(n >> 16)}, v...)
	default:
		return append(binary.LittleEndian.AppendUint64([]byte{0xfe}, uint64(n)), v...)
	}
}

// serve answers one query with the bytes and disconnects.
func serve(t testing.TB, text []byte) *Conn {
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		head := make([]byte, 4)
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, server, int64(head[0])|int64(head[1])<<8); err != nil {
			return
		}
		_, _ = server.Write(text) // the reader may have had enough
		_ = server.Close()
	}()
	t.Cleanup(func() { _ = client.Close(); <-done })
	return New(client)
}

func TestWire(t *testing.T) {
	huge := bytes.Repeat([]byte("0123456789abcdef"), (maxPacket+5000)/16)
	exact := make([]byte, maxPacket-4-2) // fills a packet to its last byte with its length and a cell before
	for _, deprecate := range []bool{false, true} {
		var payloads [][]byte
		var want [][]string
		for _, row := range [][][]byte{
			{[]byte("a"), nil}, {{}, []byte("b")}, {huge, []byte("after")}, {[]byte("x"), exact}, {bytes.Repeat([]byte("y"), 70000), nil}, {[]byte{packetEOF}, {}},
		} {
			var p []byte
			var texts []string
			for _, cell := range row {
				p = append(p, lenenc(cell)...)
				if cell == nil {
					texts = append(texts, "NULL")
				} else {
					texts = append(texts, "="+string(cell))
				}
			}
			payloads, want = append(payloads, p), append(want, texts)
		}
		s := &rowsSink{}
		if err := serve(t, answer(2, deprecate, payloads)).Query(t.Context(), "SELECT 1", s); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lengths(want), lengths(s.all)); diff != "" || !cmp.Equal(want, s.all) {
			t.Errorf("deprecate EOF %t: %s", deprecate, diff)
		}
	}
}

func lengths(all [][]string) [][]int {
	out := make([][]int, len(all))
	for i, row := range all {
		for _, cell := range row {
			out[i] = append(out[i], len(cell))
		}
	}
	return out
}

func TestWireErrors(t *testing.T) {
	whole := answer(1, false, [][]byte{lenenc([]byte("one")), lenenc([]byte("two"))})
	for end := range len(whole) {
		if err := serve(t, whole[:end]).Query(t.Context(), "SELECT 1", &rowsSink{}); err == nil {
			t.Fatalf("an answer that ends at %d of %d: no error", end, len(whole))
		}
	}
	text := append([]byte{packetERR, 0x19, 0x04, '#'}, "42000no such thing"...)
	err := serve(t, append([]byte{byte(len(text)), 0, 0, 1}, text...)).Query(t.Context(), "SELECT 1", &rowsSink{})
	if e := (*mysql.MySQLError)(nil); !errors.As(err, &e) || e.Number != 1049 || e.Message != "no such thing" {
		t.Errorf("error: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	client, server := net.Pipe()
	defer server.Close()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	if err := New(client).Query(ctx, "SELECT 1", &rowsSink{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that says nothing: %v", err)
	}
	_ = client.Close()
}

func FuzzWire(f *testing.F) {
	f.Add(answer(2, false, [][]byte{append(lenenc([]byte("a")), lenenc(nil)...)}))
	f.Add(answer(1, true, [][]byte{lenenc([]byte("a"))}))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &rowsSink{}
		_ = serve(t, text).Query(t.Context(), "SELECT 1", s) // it must neither hang nor panic
		for _, row := range s.all {
			if len(row) == 0 {
				t.Fatal("a row without cells")
			}
		}
	})
}
