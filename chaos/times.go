package chaos

import "time"

// began is when the effect began: when the injection was over, or, for one that was
// broken off, when the last of it was sent.
func (e Entry) began() time.Time {
	at := e.Injected
	if at.IsZero() {
		for _, v := range e.Victims {
			if v.Sent.After(at) {
				at = v.Sent
			}
		}
	}
	return at
}

// holding says that the effect lasts until its duration is over.
func (e Entry) holding() bool { return e.Request.Duration > 0 && e.Reverted.IsZero() }

// holdEnds is when the effect is ended, for a fault that has a duration.
func (e Entry) holdEnds() time.Time { return e.began().Add(e.Request.Duration.Std()) }

// budgetEnds is when the recovery is given up.
func (e Entry) budgetEnds() time.Time {
	from := e.began()
	if !e.Reverted.IsZero() {
		from = e.Reverted
	}
	return from.Add(e.Request.Budget.Std())
}

// patience is until when it is tried to see the target again: until the effect is to
// be ended, until the recovery is given up, or just once when the end was asked for.
func (e Entry) patience() time.Time {
	switch {
	case e.EndAsked != "":
		return time.Time{}
	case e.holding():
		return e.holdEnds()
	}
	return e.budgetEnds()
}
