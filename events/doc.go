// Package events is the vocabulary that Shakedown's services share: the
// CloudEvents envelope, the typed topics and calls with their payloads, and
// the ports through which they travel (Bus) and in which state lives (Store).
//
// # Delivery
//
//  1. Publish returns after the event is stored. An event with the id of an
//     earlier one is dropped, so publishing again after a crash is safe.
//  2. Every group sees every event of its topic at least once. A handler must
//     be idempotent: the same event may arrive twice, and late.
//  3. No order is promised between topics, nor within one after a retry.
//  4. A handler that returns an error is called again, later and later; after
//     the last attempt the event goes to the dead letters. A payload that does
//     not parse, or an error marked with Permanent, goes there at once.
//
// # Names
//
// A topic is called v<N>.<service>.<noun>.<verb>. Facts are in the past tense
// (ready, reverted), requests in the imperative (create, inject). The subject
// is "shakedown.", the topic and the key, which comes last so that filters
// work. Within a version only optional fields are added; a golden file for each
// topic in testdata shows a change of the wire format in review.
//
// The package imports the standard library only.
package events
