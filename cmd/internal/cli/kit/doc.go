// Package kit is what the commands share: the world around the process, the flags
// that every command has, the connection to a server, and how results, progress and
// errors are shown.
package kit
