// Package kube lets envs work on a Kubernetes cluster of any make.
//
// Objects are written by server-side apply with the field manager "shakedown".
// Conflicts are forced only on objects that were seen to be ours, by UID; an
// object that was not there before is created without force, so that one
// that somebody else makes meanwhile is not taken over.
//
// The server that this package is part of is idle most of the time and must stay
// small: the client knows the two API groups that it needs and nothing else,
// speaks protobuf, and watches single namespaces while there is work in them.
// There are no informers and no caches.
package kube
