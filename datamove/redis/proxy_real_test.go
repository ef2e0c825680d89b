//go:build real

package redis

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// proxy stands before a server and changes what is asked, and words of answers
// that keep their length. It returns its address.
func proxy(t testing.TB, server string, ask func([][]byte) [][]byte, answers *strings.Replacer) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { relay(conn, server, ask, answers) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

func relay(conn net.Conn, server string, ask func([][]byte) [][]byte, answers *strings.Replacer) {
	defer conn.Close()
	up, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer up.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer conn.Close()
		buffer := make([]byte, 256<<10)
		for {
			n, err := up.Read(buffer)
			if err != nil {
				return
			}
			text := buffer[:n]
			if answers != nil {
				text = []byte(answers.Replace(string(text)))
			}
			if _, err := conn.Write(text); err != nil {
				return
			}
		}
	}()
	r, w := bufio.NewReader(conn), bufio.NewWriter(up)
	for {
		args, err := readCommand(r)
		if err != nil {
			break
		}
		if args = ask(args); args == nil {
			_ = w.Flush() // what came before arrives
			break
		}
		fmt.Fprintf(w, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(w, "$%d\r\n%s\r\n", len(a), a)
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			break
		}
	}
	up.Close()
	<-done
}

func readCommand(r *bufio.Reader) ([][]byte, error) {
	n, err := readNumber(r)
	if err != nil {
		return nil, err
	}
	args := make([][]byte, n)
	for i := range args {
		size, err := readNumber(r)
		if err != nil {
			return nil, err
		}
		args[i] = make([]byte, size+2)
		if _, err := io.ReadFull(r, args[i]); err != nil {
			return nil, err
		}
		args[i] = args[i][:size]
	}
	return args, nil
}

func readNumber(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil || len(line) < 2 {
		return 0, io.ErrUnexpectedEOF
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func bytesOf(args ...string) [][]byte {
	out := make([][]byte, len(args))
	for i, a := range args {
		out[i] = []byte(a)
	}
	return out
}
