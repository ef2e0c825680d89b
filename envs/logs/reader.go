package logs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"
)

// MaxLine is how many bytes of a line come in one piece; what is longer comes in parts.
const MaxLine = 1 << 20

// stampLength is the longest time that stands before a line.
const stampLength = len("2006-01-02T15:04:05.999999999+07:00")

// reader reads what the API server sends of a log: lines that have the time of the runtime
// before them.
type reader struct {
	from *bufio.Reader
	line []byte
	// at is the time of the line of which parts were read; going says that there are some.
	at    time.Time
	going bool
}

func newReader(from io.Reader) *reader { return &reader{from: bufio.NewReaderSize(from, 8<<10)} }

// entry is a line, or a part of one, as the API server sends it.
type entry struct {
	at   time.Time
	text string
	part Part
	// stamped says that it has a time. What has none is the rest of a line whose beginning
	// was not sent, or a word of the kubelet.
	stamped bool
	// open says that the log ended before the line did.
	open bool
}

// next reads one entry. Errors: io.EOF at the end, with nothing left; that of the
// connection, when what came of the last line is dropped, since it comes again.
func (r *reader) next() (entry, error) {
	r.line = r.line[:0]
	for {
		piece, err := r.from.ReadSlice('\n')
		r.line = append(r.line, piece...)
		switch {
		case err == nil:
			return r.cut(Last), nil
		case errors.Is(err, bufio.ErrBufferFull):
			if len(r.line) >= MaxLine+stampLength+1 {
				return r.cut(Middle), nil
			}
		case errors.Is(err, io.EOF) && (len(r.line) > 0 || r.going):
			e := r.cut(Last)
			e.open = true
			return e, nil
		default:
			return entry{}, err
		}
	}
}

// cut makes an entry of what was read; part says what it is of a line that has others.
func (r *reader) cut(part Part) entry {
	e := entry{part: part, at: r.at, stamped: true}
	text := bytes.TrimSuffix(r.line, []byte{'\n'})
	if !r.going {
		e.at, text, e.stamped = stamp(text)
		e.part = map[Part]Part{Last: Whole, Middle: First}[part]
	}
	e.text = string(text)
	r.at, r.going = e.at, part == Middle
	return e
}

// stamp splits the time from a line.
func stamp(line []byte) (at time.Time, text []byte, ok bool) {
	end := bytes.IndexByte(line[:min(len(line), stampLength+1)], ' ')
	if end < 0 {
		return time.Time{}, line, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(line[:end]))
	if err != nil {
		return time.Time{}, line, false
	}
	return at.UTC(), line[end+1:], true
}

// ofKubelet says whether a text that stands in place of a log is the kubelet's, which
// answers so when the runtime does not have the log any more.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubelet/kuberuntime/kuberuntime_container.go.
func ofKubelet(text string) bool {
	return strings.HasPrefix(text, "unable to retrieve container logs for ")
}
