package events

import "time"

// Meta is what a handler or a publisher knows of an event beside its payload.
type Meta struct {
	// ID is the dedup id. Two events with one ID are the same event.
	ID string
	// Source names the service that says it.
	Source string
	// Time is when it was said.
	Time time.Time
	// Correlation is the run or the environment that the event belongs to.
	Correlation string
	// Causation is the ID of the event that led to this one.
	Causation string
}

// Stamp makes the metadata of new events. Time and ids are inputs, so that
// tests can fix them.
type Stamp struct {
	Source string
	Now    func() time.Time
	NewID  func() string
}

// First is the metadata of an event that no other event led to.
func (s Stamp) First(correlation string) Meta {
	return Meta{ID: s.NewID(), Source: s.Source, Time: s.Now(), Correlation: correlation}
}

// After is the metadata of an event that cause led to. Its ID depends only on
// the cause, the source and part, so a handler that is called again for the same
// event says the same thing again and the bus drops it. Part tells apart several
// events with one cause.
func (s Stamp) After(cause Meta, part string) Meta {
	return Meta{
		ID: Digest(cause.ID, s.Source, part), Source: s.Source, Time: s.Now(),
		Correlation: cause.Correlation, Causation: cause.ID,
	}
}

// About is the metadata of an event that belongs to a correlation and happens
// once: its ID depends only on the correlation, the source and part. State
// machines that resume after a crash use it, since the event that began the work
// is then no longer at hand.
func (s Stamp) About(correlation, part string) Meta {
	return Meta{ID: Digest(correlation, s.Source, part), Source: s.Source, Time: s.Now(), Correlation: correlation}
}

func (e Envelope) meta() Meta {
	return Meta{ID: e.ID, Source: e.Source, Time: e.Time, Correlation: e.CorrelationID, Causation: e.CausationID}
}
