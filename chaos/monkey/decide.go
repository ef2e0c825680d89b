package monkey

import (
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
)

// act is what is done about a start.
type act string

const (
	actWait    act = "wait"
	actAsk     act = "ask"
	actSkip    act = "skip"
	actMiss    act = "miss"
	actReplace act = "replace"
)

// ruling is what is done, and why.
type ruling struct {
	act act
	why string
}

// moment is what counts for whether a start is due.
type moment struct {
	now, at time.Time
	// made is when its plan was stored; since is from when on somebody has looked.
	made, since time.Time
	// open says that something may start at this moment; newest that no later start of the
	// same group is due.
	open, newest bool
	onTime       time.Duration
}

// timely says whether a start is due now: actAsk when it is.
func timely(s spec.Spec, m moment) ruling {
	late := m.now.Sub(m.at)
	seen := !m.since.After(m.at.Add(m.onTime))
	switch {
	case late < 0:
		return ruling{act: actWait}
	case m.at.Before(m.made) && !m.made.After(m.now): // a plan from the future was made by a clock that was wrong
		return ruling{actMiss, "its plan was made after that time"}
	case late > s.StartingDeadline.Std():
		return ruling{actMiss, fmt.Sprintf("it could not be made within %s (startingDeadline)", s.StartingDeadline)}
	case !m.open:
		return ruling{actMiss, "its hours are over"}
	case seen:
		return ruling{act: actAsk}
	case s.CatchUp != spec.CatchUpOnce:
		return ruling{actMiss, "no server ran at that time, and catchUp is " + spec.CatchUpNone}
	case !m.newest:
		return ruling{actMiss, "no server ran at that time, and a later one is made up for"}
	}
	return ruling{actAsk, fmt.Sprintf("made up for, %s late", late.Round(time.Second))}
}

// together says what a start does that is due while other runs of its schedule are open.
func together(s spec.Spec, open []string) ruling {
	switch {
	case len(open) == 0:
		return ruling{act: actAsk}
	case s.Concurrency == spec.ConcurrencyQueue:
		return ruling{actWait, "run " + open[0] + " of the schedule is open"}
	case s.Concurrency == spec.ConcurrencyReplace:
		return ruling{actReplace, "it takes the place of run " + open[0]}
	}
	return ruling{actSkip, "run " + open[0] + " of the schedule is open, and concurrency is " + spec.ConcurrencyForbid}
}
