package logs

import "time"

// Source is where a line comes from. Component is "" for a pod that is of none.
type Source struct{ Component, Pod, Container string }

// Line is a line of a container, a part of one, or a gap between lines.
type Line struct {
	Source
	// Time is when the runtime took the line, to the nanosecond.
	Time time.Time
	// Previous says that an instance has written it that the container has had before.
	Previous bool
	// Text is without the end of the line and otherwise as it was written.
	Text string
	// Part is Whole, but for lines that are not.
	Part Part
	// Level is known where it was asked for and the line, or the one it belongs to, has one.
	Level Level
	// Gap is set when this is no line: lines may be missing here.
	Gap *Gap
}

// Part says which part of a line a text is.
type Part string

// The parts of a line. The rest is the end of a line whose beginning was not read.
const (
	Whole  Part = ""
	First  Part = "first"
	Middle Part = "middle"
	Last   Part = "last"
	Rest   Part = "rest"
)

// GoesOn says whether another part of the same line follows.
func (p Part) GoesOn() bool { return p == First || p == Middle }

// Gap is a time in which a container may have written lines that were not read.
type Gap struct {
	// From is the time of the last line that was read before, zero for the beginning.
	From time.Time
	// To is the time of the first line after it, zero when there is none yet.
	To     time.Time
	Reason string
}

// The reasons of gaps.
const (
	ReasonRotated   = "the log was rotated while it was not read"
	ReasonRestarted = "the container was started again more than once while it was not read"
	ReasonPodGone   = "the pod is gone, and its log was not read to the end"
	ReasonNoLog     = "the log is not available any more"
)
