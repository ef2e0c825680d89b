package natsbus

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	streamName = "SHAKEDOWN"
	deadName   = "SHAKEDOWN_DEAD"

	eventSubjects = events.Prefix + "v1.>"
	replayPrefix  = events.Prefix + "replay."
	deadPrefix    = events.Prefix + "dead."
	callPrefix    = events.Prefix + "call."
	bucketPrefix  = "shakedown_"
	eventAge      = 30 * 24 * time.Hour
	eventBytes    = 2 << 30
	deadAge       = 90 * 24 * time.Hour
	deadBytes     = 256 << 20
	dedupWindow   = time.Hour
	deadWindow    = time.Minute
	maxUnacked    = 10_000
)

func streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: streamName, Description: "Events of Shakedown, and dead letters on their way back to a group",
			Subjects: []string{eventSubjects, replayPrefix + ">"},
			MaxAge:   eventAge, MaxBytes: eventBytes, Duplicates: dedupWindow,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Storage: jetstream.FileStorage,
		},
		{
			Name: deadName, Description: "Events that a group of Shakedown could not handle",
			Subjects: []string{deadPrefix + ">"}, MaxMsgsPerSubject: 1,
			MaxAge: deadAge, MaxBytes: deadBytes, Duplicates: deadWindow,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Storage: jetstream.FileStorage,
		},
	}
}

// messageID is what the server drops duplicates by. CloudEvents makes an id
// unique for its source; the type is added so that a publisher that breaks the
// rule loses nothing.
func messageID(e events.Envelope) string { return events.Digest(e.Source, e.Type, e.ID) }

// durableName is the consumer of a group for a type.
func durableName(group, eventType string) string {
	return events.Key(group + "." + strings.TrimPrefix(eventType, events.Prefix))
}

// subjectsOf are all subjects on which events of the type travel.
func subjectsOf(eventType string) []string { return []string{eventType, eventType + ".*"} }

func callSubject(callType string) string {
	return callPrefix + strings.TrimPrefix(callType, events.Prefix)
}
