// Package nats says which users a NATS server has for Shakedown, and what each may do. The
// rows in users.go name what the code of each service needs: events, calls, buckets. From
// them comes accounts.conf, which an operator includes in the configuration of a server.
//
// A test holds the rows against the code, and another one runs every service under its
// user: whoever adds a topic, a call or a bucket adds it to a row here.
//
// # Invariants
//
//  1. A user may do what its row names, and nothing else: no user may do everything.
//  2. Each user reads its own answers only.
//  3. No file has a password: the server takes them from its environment.
package nats
