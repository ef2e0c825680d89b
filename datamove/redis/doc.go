// Package redis copies Redis keys from server to server, by replication where the
// target allows it and by SCAN, DUMP and RESTORE elsewhere, and compares both sides.
package redis
