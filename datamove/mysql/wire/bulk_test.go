package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// greeting is what a server says first.
func greeting(low uint16, extended uint32) []byte {
	p := append([]byte{10}, "10.11.19-MariaDB\x00"...)
	p = append(p, make([]byte, 4+8+1)...)
	p = binary.LittleEndian.AppendUint16(p, low)
	p = append(p, make([]byte, 1+2+2+1+6)...)
	p = binary.LittleEndian.AppendUint32(p, extended)
	p = append(p, "scramble4567\x00"...)
	return append([]byte{byte(len(p)), 0, 0, 0}, p...)
}

func TestOffersBulk(t *testing.T) {
	whole := greeting(0xf7fe, 0x1d)
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"MariaDB": {whole, true}, "old MariaDB": {greeting(0xf7fe, 0x3), false}, "MySQL": {greeting(0xffff, 0x1d), false},
		"error": {[]byte{3, 0, 0, 0, 0xff, 0x10, 0x04}, false}, "nothing": {nil, false}, "truncated": {whole[:40], false},
	} {
		if got := offersBulk(c.packet); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func FuzzOffersBulk(f *testing.F) {
	f.Add(greeting(0xf7fe, 0x1d))
	f.Fuzz(func(_ *testing.T, packet []byte) { offersBulk(packet) })
}

// TestBulkConn: the answer to the greeting, and nothing else, gets the capability.
func TestBulkConn(t *testing.T) {
	client, server := net.Pipe()
	c := &bulkConn{Conn: client}
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	said := make(chan []byte)
	go func() {
		defer close(said)
		_, _ = server.Write(greeting(0xf7fe, 0x1d)) // what the client does not get fails it
		for range 2 {
			p := make([]byte, 60)
			_, _ = io.ReadFull(server, p)
			said <- p
		}
	}()
	if _, err := c.Read(make([]byte, 200)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 60)
	for i, want := range []byte{extendedBulk, 0} {
		if _, err := c.Write(answer); err != nil {
			t.Fatal(err)
		}
		if got := <-said; got[answerCaps] != want {
			t.Errorf("packet %d: %x", i, got)
		}
	}
	<-said
	if !TakesBulk(c) || !bytes.Equal(answer, make([]byte, 60)) {
		t.Errorf("bulk %t, and the driver's packet is %x", c.bulk, answer)
	}
}

// TestSend: a payload that fills packets is followed by an empty one.
func TestSend(t *testing.T) {
	for _, size := range []int{11, maxPacket - 1, maxPacket, maxPacket + 5, 2 * maxPacket} {
		want := bytes.Repeat([]byte("0123456789a"), size/11+1)[:size]
		client, server := net.Pipe()
		w := New(client)
		failed := make(chan error, 1)
		go func() { failed <- w.send(append(make([]byte, packetHead), want...)) }()
		r, got := New(server), []byte{}
		for length := maxPacket; length == maxPacket; {
			head := make([]byte, 4)
			if _, err := io.ReadFull(server, head); err != nil {
				t.Fatal(err)
			}
			if head[3] != r.seq {
				t.Fatalf("packet %d where %d is due", head[3], r.seq)
			}
			r.seq++
			length = int(binary.LittleEndian.Uint32(append(head[:3:3], 0)))
			p := make([]byte, length)
			if _, err := io.ReadFull(server, p); err != nil {
				t.Fatal(err)
			}
			got = append(got, p...)
		}
		if err := <-failed; err != nil || !bytes.Equal(got, want) || w.seq != r.seq {
			t.Errorf("%d bytes: %v, %d came, next %d and %d", size, err, len(got), w.seq, r.seq)
		}
		_ = client.Close()
		_ = server.Close()
	}
}

func TestBulkAnswers(t *testing.T) {
	row := append(make([]byte, bulkHead), markNoValue)
	ok := []byte{packetOK, 0xfc, 0x39, 0x05, 0, 2, 0, 3, 0}
	rows, warnings, err := serve(t, framed(ok)).Bulk(t.Context(), 7, row)
	if rows != 1337 || warnings != 3 || err != nil {
		t.Errorf("%d rows, %d warnings, %v", rows, warnings, err)
	}
	for end := range len(ok) {
		if _, _, err := serve(t, framed(ok[:end])).Bulk(t.Context(), 7, row); err == nil {
			t.Errorf("an answer that ends at %d: no error", end)
		}
	}
	refusal := append([]byte{packetERR, 0xb5, 0x04, '#'}, "40001deadlock"...)
	_, _, err = serve(t, framed(refusal)).Bulk(t.Context(), 7, row)
	if e := (*mysql.MySQLError)(nil); !errors.As(err, &e) || e.Number != 1205 {
		t.Errorf("error: %v", err)
	}
	if _, err := serve(t, framed(refusal)).Prepare(t.Context(), "INSERT"); !errors.As(err, new(*mysql.MySQLError)) {
		t.Errorf("error: %v", err)
	}
	if _, err := serve(t, framed([]byte{packetOK, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0})).Prepare(t.Context(), "SELECT"); !errors.Is(err, ErrProtocol) {
		t.Errorf("a statement with columns: %v", err)
	}
}

func framed(p []byte) []byte { return append([]byte{byte(len(p)), 0, 0, 1}, p...) }

func FuzzAppendLength(f *testing.F) {
	for _, n := range []int{0, 250, 251, 65535, 65536, 1<<24 - 1, 1 << 24} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int) {
		if n < 0 {
			return
		}
		p := appendLength(nil, n)
		if got, null, size := lengthOf(p); got != uint64(n) || null || size != len(p) {
			t.Errorf("%d is %d of %d bytes", n, got, size)
		}
	})
}
