// Package storetest gives tests real stores: MariaDB, Redis and S3 servers of
// their own on free loopback ports, each with a folder of its own, gone when the
// test ends.
//
// Only tests with the build tag "real" import it. A machine that lacks a server's
// program fails them; nothing is skipped.
package storetest
