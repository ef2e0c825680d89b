//go:build !linux

package server

import "runtime/debug"

// freeStart gives back the memory that only the start of a server took.
func freeStart(string) { debug.FreeOSMemory() }
