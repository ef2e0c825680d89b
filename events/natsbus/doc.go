// Package natsbus carries the events on NATS: it implements events.Bus,
// events.Caller and events.Store on JetStream, with a server in this process
// (StartEmbedded) or one elsewhere. The code above the connection is the same.
//
// # What is on the server
//
//   - The stream SHAKEDOWN stores every event, by its own subject, for 30 days.
//     A group's subscription is one durable pull consumer on it.
//   - The stream SHAKEDOWN_DEAD stores the dead letters until a person replays or
//     drops them, 90 days at most.
//   - One key-value bucket for each events.KV, named shakedown_<bucket>. Reads are
//     answered by the leader, so they see every earlier write. A deleted value
//     leaves a mark, which the server removes after 15 minutes.
//   - The stream SHAKEDOWN_OBJECTS_<bucket> for each events.Objects: a message for
//     each object, and chunks for those that are larger than 256 KiB.
//   - Calls are plain requests below shakedown.call., which nothing stores.
//
// In a cluster each stream has three replicas, or as many as there are servers: the
// cluster decides when a stream is made, and one that has fewer is raised when it is
// opened. None is ever lowered here.
//
// # Invariants
//
//  1. An event leaves a group in one of two ways: its handler returned nil, or it
//     is stored among the dead letters. The consumer itself never gives up, so
//     that no event is skipped unseen; the attempts are counted here.
//  2. A running handler keeps its event, however long it takes, as long as this
//     process lives and is connected. If it dies, the event is delivered again
//     within AckWait.
//  3. A replayed dead letter goes to the group that failed, and to no other.
//  4. What cannot be written for want of room is refused: the quota of a bucket, the
//     limit of the server, or its disk. The error is an *events.Error of
//     KindUnavailable that names the bucket or stream, with a hint, and matches
//     events.ErrFull if the server says so. Nothing stored is lost; all goes on when
//     there is room. A server whose disk was full must be started again: JetStream
//     writes nothing more after a write that failed.
//  5. Whatever is started here is waited for: Subscribed.Wait and Bus.Close.
package natsbus
