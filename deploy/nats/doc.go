// Package nats says which users a NATS server has for Shakedown, and what each may do. The
// rows in users.go name what the code of each service needs: events, calls, buckets. From
// them comes accounts.conf, which an operator includes in the configuration of a server.
//
// A test holds the rows against the code, and another one runs every service under its
// user: whoever adds a topic, a call or a bucket adds it to a row here.
//
// # Invariants
//
//  1. A user may do what its row names. Between services this keeps mistakes apart, and not one
//     that was broken into: JetStream delivers and stores for whoever makes consumers or streams
//     on any subject. webhook, which takes what comes from outside, makes neither.
//  2. People have an account of their own, which imports what they may ask, so that no answer of
//     theirs ends in a bucket. Whoever is people changes nothing.
//  3. Each user reads its own answers only, and a service answers those who may ask it.
//  4. No file has a password: the server takes them from its environment.
package nats
