package monkey

import "time"

// lookout is what the server with the duty remembers from one look to the next.
type lookout struct {
	// since is from when on it has looked without a gap, by a clock that was not changed.
	since time.Time
	// last and ticked are the last look by either clock; hold is until when nothing is decided.
	last         time.Time
	ticked, hold time.Duration
	// failed has the plans and starts that could not be made, and when they are tried again.
	failed map[string]time.Time
	// rows are what became of starts, by id.
	rows map[string]startRow
}

// know takes in what a mirror has, which may not have yet what this server has just decided.
func (l *lookout) know(rows map[string]startRow, now time.Time) {
	for id, row := range l.rows {
		if _, there := rows[id]; !there && row.recent(now) {
			rows[id] = row
		}
	}
	l.rows = rows
}

// decided notes a row at once: of two starts that are due in one look the second must see
// the first. That it is asked for is left to the row that is stored.
func (l *lookout) decided(row startRow) {
	row.Done = true
	l.rows[row.Start.ID] = row
}

// steady takes in the time of a look by both clocks. It says whether the clock can be
// trusted: one that was changed, or a machine that was asleep, is left alone for a while,
// since it may be mended. What was due meanwhile was not seen.
func (l *lookout) steady(now time.Time, ticks time.Duration, c Config) bool {
	off := now.Sub(l.last) - (ticks - l.ticked)
	switch {
	case l.last.IsZero():
		l.since = now
	case off.Abs() > c.Jump:
		l.since, l.hold = now, ticks+c.Settle
	}
	l.last, l.ticked = now, ticks
	return ticks >= l.hold
}

// waits says whether something that failed is not to be tried again yet. A clock that went
// back makes nothing wait for longer than the pause.
func (l *lookout) waits(id string, now time.Time, pause time.Duration) bool {
	again, failed := l.failed[id]
	return failed && now.Before(again) && again.Sub(now) <= pause
}
