package logs

import (
	"hash/maphash"
	"slices"
	"time"
)

// maxMarks bounds how many lines a position knows again.
const maxMarks = 1024

// overlap is how far before its last line a log is read again. The API server goes on at
// a whole second, and the times of two outputs of a container may be in disorder.
const overlap = time.Second

// position is how far a log was read, so that it can be gone on with after a connection
// was lost. It knows the last lines by their time and text.
type position struct {
	seed  maphash.Seed
	marks []mark
	// next is the mark that is expected; all of them are behind when the log goes on.
	next int
	// excused says that the last line is known not to be there any more.
	excused bool
}

type mark struct {
	at  int64
	sum uint64
}

// known says what a line is to a position.
type known int

const (
	// fresh is a line that follows on the last one.
	fresh known = iota
	// seen is a line that was read before.
	seen
	// lost is one that was not read before, while the last one is not there any more. It
	// does not count as read.
	lost
)

func newPosition() *position { return &position{seed: maphash.MakeSeed()} }

// clone is a position that what is read from now on does not change.
func (p *position) clone() *position {
	c := *p
	c.marks = slices.Clone(p.marks)
	return &c
}

// last is the time of the last line, zero before the first.
func (p *position) last() time.Time {
	if len(p.marks) == 0 {
		return time.Time{}
	}
	return time.Unix(0, p.marks[len(p.marks)-1].at).UTC()
}

// since is where the log is to be read from again, zero for the beginning.
func (p *position) since() time.Time {
	if len(p.marks) == 0 {
		return time.Time{}
	}
	return p.last().Add(-overlap).Truncate(time.Second)
}

// resume says that the log is read again, from since on.
func (p *position) resume() { p.next = 0 }

// arrived says whether the last line that was read has come again.
func (p *position) arrived() bool { return p.next >= len(p.marks) }

// take says what a line is, and counts it as read.
func (p *position) take(at time.Time, text string) known {
	m := mark{at.UnixNano(), maphash.String(p.seed, text)}
	for i := p.next; i < len(p.marks); i++ {
		if p.marks[i] == m {
			p.next = i + 1
			return seen
		}
	}
	switch {
	case p.arrived():
		p.add(m)
		return fresh
	case m.at < p.marks[0].at: // older than the lines that are known
		return seen
	case p.excused:
		p.marks, p.excused = nil, false
		p.add(m)
		return fresh
	}
	return lost
}

// excuse says that it is known that the last line will not come again.
func (p *position) excuse() { p.excused = true }

// add keeps the lines that would come again.
func (p *position) add(m mark) {
	first := 0
	if len(p.marks) >= 2*maxMarks {
		first = len(p.marks) - maxMarks
	}
	oldest := time.Unix(0, m.at).Add(-overlap).Truncate(time.Second).UnixNano()
	for first < len(p.marks) && p.marks[first].at < oldest {
		first++
	}
	if first > 0 {
		p.marks = append(p.marks[:0], p.marks[first:]...)
	}
	p.marks = append(p.marks, m)
	p.next = len(p.marks)
}
