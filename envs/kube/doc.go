// Package kube lets envs work on a Kubernetes cluster of any make.
//
// Objects are created by POST, which the API server refuses when somebody else has
// made one of that name meanwhile, and changed by server-side apply with the field
// manager "shakedown", forced, or deleted, in the version that was seen to be ours.
// When there is another version by then, that one is checked first.
//
// The server that this package is part of is idle most of the time and must stay
// small: the client knows the two API groups that it needs and nothing else,
// speaks protobuf, and watches single namespaces while there is work in them.
// There are no informers and no caches.
package kube
