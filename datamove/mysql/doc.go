// Package mysql copies MySQL and MariaDB databases from server to server: a
// consistent view of the source, chunks of rows through memory only, every chunk
// in a transaction with its ledger row, and the same checksums asked of both sides.
package mysql
