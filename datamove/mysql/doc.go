// Package mysql copies MySQL and MariaDB databases from server to server: a
// consistent view of the source, chunks of rows through memory only, every chunk
// in a transaction with its ledger row, and the same checksums asked of both sides.
//
// MariaDB to MariaDB is tested with real servers. No MySQL server is at hand in the
// tests: what is decided and translated for it (types, collations, modes, rights) is
// tested against recorded texts, and what cannot be translated is refused by name
// before anything is copied.
package mysql
