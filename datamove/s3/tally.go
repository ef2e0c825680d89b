package s3

import (
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// tally is what a pass has found and done.
type tally struct {
	// notes are the differences and what is left out, of this pass alone.
	notes outcome.Notes

	mu sync.Mutex
	// written were copied; again changed or went while they were copied; failed
	// could not be copied; todo were found in a pass that does not copy.
	written, again, failed, todo int64
	firstError                   error
	// extra are only in the target, kept those of them that are no difference, foreign
	// differ and are not this run's own.
	extra, kept, foreign int64
	firstForeign         string
	// extras are the keys of the extra ones, when they are to be removed and not too many.
	extras []string
	// excluded are left out by the filter.
	excluded int64
	// uncompared have the same content and nothing else of them was compared, sampled
	// were compared as a sample, moved are in another storage class.
	uncompared, sampled, moved int64
	firstMoved                 string
	// complete says that the pass came to its end.
	complete bool
}

// idle says that there was nothing to do.
func (t *tally) idle() bool { return t.written+t.again+t.todo == 0 }

// notCopied is the error of objects that could not be copied, nil without any.
func (t *tally) notCopied() error {
	if t.failed == 0 {
		return nil
	}
	return events.Errorf(events.KindPartial, t.hint(), "%d objects were not copied, the first: %w", t.failed, t.firstError)
}

func (t *tally) hint() string {
	switch classify(t.firstError) {
	case denied:
		return rightsHint(t.firstError)
	case archived:
		return "restore the object from its archive first, or exclude it"
	default:
		return ""
	}
}

// nextSample counts a sample.
func (t *tally) nextSample() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sampled++
	return t.sampled
}

func (t *tally) add(field *int64) {
	t.mu.Lock()
	*field++
	t.mu.Unlock()
}

// addExtra counts a key that only the target has, and keeps it while there are at most
// so many.
func (t *tally) addExtra(rel string, most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.extra++
	if len(t.extras) <= most {
		t.extras = append(t.extras, strings.Clone(rel))
	}
}

// addForeign counts a key that differs and that this run did not write.
func (t *tally) addForeign(rel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.foreign++; t.foreign == 1 {
		t.firstForeign = strings.Clone(rel)
	}
}

// addMoved counts a key that is in another storage class.
func (t *tally) addMoved(rel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.moved++; t.moved == 1 {
		t.firstMoved = strings.Clone(rel)
	}
}

// addFailed counts an object that could not be copied. It returns an error when there
// are too many of them.
func (t *tally) addFailed(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed++; t.failed == 1 {
		t.firstError = err
	}
	if t.failed >= failuresMost {
		return events.Errorf(events.KindPartial, t.hint(), "%d objects could not be copied, the first: %w", t.failed, t.firstError)
	}
	return nil
}

func (t *tally) leaveOut(what, why string) { t.notes.LeaveOut(datamove.LeftOut{What: what, Why: why}) }
