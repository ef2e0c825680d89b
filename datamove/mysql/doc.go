// Package mysql copies MySQL and MariaDB databases from server to server: a
// consistent view of the source, chunks of rows through memory only, every chunk
// in a transaction with its ledger row, and the same checksums asked of both sides.
//
// Rows go into a MariaDB by its bulk statements, which carry values without any text
// around them. Rows that can be large, and all through encrypted connections and into
// MySQL, go by LOAD DATA LOCAL, or by INSERT where that is off and in merges.
//
// MariaDB to MariaDB is tested with real servers. No MySQL server is at hand in the
// tests: what is decided and translated for it (types, collations, modes, rights) is
// tested against recorded texts, and has never run on one. Types, clauses, sequences,
// packages and collations that the other product lacks are refused by name before
// anything is copied. The language of views, routines, triggers and events is not
// translated between the products: what the target does not take of it is reported after
// the rows, and the copy is not called equal.
//
// A copy changes only what it makes, what existing=replace names and rows that
// existing=merge writes over. Foreign keys are not checked while rows are written;
// where that can leave rows that refer to nothing, they are looked for afterwards.
// Events are made disabled, so that a copy does not begin to act by itself.
package mysql
