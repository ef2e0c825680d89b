// Package kube lets envs/logs read the logs of a Kubernetes cluster of any make.
//
// It only reads: the namespace of an environment, its pods, and their logs through the
// API server. Where that speaks HTTP/2 many logs share a connection, and what waits of a
// log that nobody takes is small, however many there are.
package kube
