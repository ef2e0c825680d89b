package mysql

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// readField is what LOAD DATA makes of a field.
func readField(text []byte) []byte {
	out := []byte{}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		i++
		switch text[i] {
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		case '0':
			out = append(out, 0)
		default:
			out = append(out, text[i])
		}
	}
	return out
}

func FuzzAppendField(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\tb\nc\\d\x00e", `\N`, "12345678\t12345678", "\xff\xfe\x01\x0b\x08", "é\\"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		field := appendField(nil, value)
		if bytes.ContainsAny(field, "\t\n\x00") {
			t.Fatalf("%q holds a separator", field)
		}
		if got := readField(field); !bytes.Equal(got, value) {
			t.Fatalf("%q is read as %q", value, got)
		}
	})
}

func FuzzAppendQuoted(f *testing.F) {
	f.Add([]byte(`it's a \ and a "`), false)
	f.Add([]byte{0, 1, 0xff}, true)
	f.Fuzz(func(t *testing.T, value []byte, raw bool) {
		text := string(appendQuoted(nil, value, raw))
		if raw {
			return
		}
		inner := text[1 : len(text)-1]
		for i := 0; i < len(inner); i++ {
			switch inner[i] {
			case '\\':
				i++
			case '\'', 0:
				t.Fatalf("%q ends too early", text)
			}
		}
		back := strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\0`, "\x00").Replace(inner)
		if back != string(value) {
			t.Fatalf("%q is read as %q", value, back)
		}
	})
}

var _ sink = (*rowsSink)(nil)

// rowsSink is a sink that keeps all rows.
type rowsSink struct {
	all [][]string
	now []string
	big []byte
}

func (r *rowsSink) cell(v []byte) error {
	if v == nil {
		r.now = append(r.now, "NULL")
		return nil
	}
	r.now = append(r.now, "="+string(v))
	return nil
}
func (r *rowsSink) begin(uint64) error  { r.big = []byte("="); return nil }
func (r *rowsSink) part(v []byte) error { r.big = append(r.big, v...); return nil }
func (r *rowsSink) end() error          { r.now = append(r.now, string(r.big)); return nil }

func (r *rowsSink) row() error {
	r.all, r.now = append(r.all, r.now), nil
	return nil
}

// answer writes the packets of a result.
func answer(columns int, deprecateEOF bool, payloads [][]byte) []byte {
	var out []byte
	seq := byte(1)
	packet := func(p []byte) {
		for {
			n := min(len(p), wirePacket)
			out = append(out, byte(n), byte(n>>8), byte(n>>16), seq)
			out = append(out, p[:n]...)
			seq++
			p = p[n:]
			if n < wirePacket {
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

// serve answers one query with the bytes and cuts off.
func serve(t testing.TB, text []byte) *wire {
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
	return newWire(client)
}

func TestWire(t *testing.T) {
	huge := bytes.Repeat([]byte("0123456789abcdef"), (wirePacket+5000)/16)
	exact := make([]byte, wirePacket-4-2) // fills a packet to its last byte with its length and a cell before
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
		if err := serve(t, answer(2, deprecate, payloads)).query(t.Context(), "SELECT 1", s); err != nil {
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
	for cut := range len(whole) {
		if err := serve(t, whole[:cut]).query(t.Context(), "SELECT 1", &rowsSink{}); err == nil {
			t.Fatalf("cut at %d of %d: no error", cut, len(whole))
		}
	}
	text := append([]byte{packetERR, 0x19, 0x04, '#'}, "42000no such thing"...)
	err := serve(t, append([]byte{byte(len(text)), 0, 0, 1}, text...)).query(t.Context(), "SELECT 1", &rowsSink{})
	if e := (*mysql.MySQLError)(nil); !errors.As(err, &e) || e.Number != 1049 || e.Message != "no such thing" {
		t.Errorf("error: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	client, server := net.Pipe()
	defer server.Close()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	if err := newWire(client).query(ctx, "SELECT 1", &rowsSink{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that says nothing: %v", err)
	}
	_ = client.Close()
}

func FuzzWire(f *testing.F) {
	f.Add(answer(2, false, [][]byte{append(lenenc([]byte("a")), lenenc(nil)...)}))
	f.Add(answer(1, true, [][]byte{lenenc([]byte("a"))}))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &rowsSink{}
		_ = serve(t, text).query(t.Context(), "SELECT 1", s) // it must neither hang nor panic
		for _, row := range s.all {
			if len(row) == 0 {
				t.Fatal("a row without cells")
			}
		}
	})
}

func TestGaps(t *testing.T) {
	b := func(s string) bound {
		if s == "" {
			return nil
		}
		return bound{[]byte(s)}
	}
	e := func(number int64, low, high string) entry { return entry{number: number, span: span{b(low), b(high)}} }
	for name, tc := range map[string]struct {
		keep []entry
		want []string
	}{
		"nothing is done":        {nil, []string{"all"}},
		"everything is done":     {[]entry{e(1, "", "5"), e(2, "5", "")}, nil},
		"the end is missing":     {[]entry{e(1, "", "5"), e(2, "5", "9")}, []string{"(9) .. -"}},
		"the beginning":          {[]entry{e(1, "3", "5"), e(2, "5", "")}, []string{"- .. (3)"}},
		"the middle and the end": {[]entry{e(1, "", "5"), e(2, "7", "9")}, []string{"(5) .. (7)", "(9) .. -"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			last := int64(0)
			for _, g := range gaps(tc.keep) {
				got = append(got, g.span.String())
				if g.first <= last {
					t.Errorf("number %d after %d", g.first, last)
				}
				last = g.first
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	key := []column{{name: "a", dataType: "int"}, {name: "b", dataType: "varbinary"}, {name: "c`", dataType: "varchar", charset: "utf8mb4"}}
	s := span{low: bound{[]byte("1"), {0xff}, []byte(`it's`)}, high: bound{[]byte("2"), nil, []byte("")}}
	want := " WHERE (`a`>=1 AND (`a`>1 OR (`b`>=X'ff' AND (`b`>X'ff' OR `c```>'it\\'s')))) AND (`a`<=2 AND (`a`<2 OR (`b`<=X'' AND (`b`<X'' OR `c```<=''))))"
	if diff := cmp.Diff(want, s.where(key)); diff != "" {
		t.Error(diff)
	}
}

func TestRedact(t *testing.T) {
	for message, want := range map[string]string{
		"Duplicate entry 'ann@example.test' for key 'email'":                                   "Duplicate entry '…' for key 'email'",
		"Incorrect integer value: 'secret' for column `d`.`t`.`n` at row 1":                    "Incorrect integer value: '…' for column `d`.`t`.`n` at row 1",
		"Data truncated for column 'n' at row 7":                                               "Data truncated for column 'n' at row 7",
		"Invalid utf8mb4 character string: '\\xFF'":                                            "Invalid utf8mb4 character string: '\\xFF'",
		"Truncated incorrect DECIMAL value: 'ann'":                                             "Truncated incorrect DECIMAL value …",
		"Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, FK (`a`))": "Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, FK (`a`))",
	} {
		if got := redact(message); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSums(t *testing.T) {
	var a, b checksum.Sum
	for i := range 1000 {
		a.Add(hashed(1<<60 - uint64(i)))
		b.Add(hashed(1<<60 - uint64(999-i)))
	}
	if a != b || a.Items != 1000 {
		t.Errorf("the order matters: %v, %v", a, b)
	}
	double := a
	double.Add(b)
	if double.Less(a) != b || double.Items != 2000 {
		t.Errorf("%v", double)
	}
	if parsed, ok := parseSum(2, "36893488147419103235"); !ok || parsed.High != 2 || parsed.Low != 3 || parsed.Checksum() != "00000000000000020000000000000003" {
		t.Errorf("parsed %v %s", parsed, parsed.Checksum())
	}
}

func TestSameViews(t *testing.T) {
	status := func(view string) string {
		return "---TRANSACTION\nMariaDB thread id 7, OS thread handle 1\nTrx read view will not see trx with id >= 40, sees < 40\n" +
			"---TRANSACTION\nMariaDB thread id 8, OS thread handle 2\nTrx read view will not see trx with id >= " + view + "\n"
	}
	for view, want := range map[string]bool{"40, sees < 40": true, "41, sees < 41": false, "40, sees < 39": false} {
		if err := sameViews(status(view), []int64{7, 8}); (err == nil) != want {
			t.Errorf("%s: %v", view, err)
		}
	}
	if sameViews(status("40, sees < 40"), []int64{7, 9}) == nil {
		t.Error("a connection without a view was taken")
	}
}
