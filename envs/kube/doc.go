// Package kube lets envs work on a Kubernetes cluster of any make.
//
// Objects are created by POST, which the API server refuses when somebody else has
// made one of that name meanwhile, and changed by server-side apply with the field
// manager "shakedown", forced, to the object of the UID that was seen to be ours.
//
// The server that this package is part of is idle most of the time and must stay
// small: the client knows the two API groups that it needs and nothing else,
// speaks protobuf, and watches single namespaces while there is work in them.
// There are no informers and no caches.
package kube
