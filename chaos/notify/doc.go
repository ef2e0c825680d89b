// Package notify tells people what chaos is about to do and what came of it: each message
// goes to the webhooks of the Notifiers in the files of the server (a chat in the format of
// Slack, any program as JSON, Grafana as an annotation).
//
// # Events
//
// In: plan.made, plan.failed, run.finished, fault.injected, fault.reverted, stop.engaged and
// stop.released. Out: none. It answers and asks nothing.
//
// # A message's way
//
// message.go makes it of an event (pure), handler.go writes a row for each Notifier that wants
// it, body.go makes the request (pure), and send.go sends it and decides by the answer.
//
// # Invariants
//
//  1. A row's id is made of the event and the Notifier: the same event again is no second
//     message. Whoever dies between sending and noting it sends again, with the same
//     Idempotency-Key.
//  2. What cannot be delivered within Config.GiveUp of the event is given up, logged and
//     counted: nobody is told today of what happened yesterday.
//  3. An address may be a secret: it is read from the environment, and neither errors, logs,
//     rows nor metrics have it. Redirects are not followed.
//  4. All servers of notify have the same Notifiers. While they are changed, a row is worked
//     on by servers only that have its Notifier.
package notify
