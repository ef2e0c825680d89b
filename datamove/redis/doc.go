// Package redis copies Redis keys from server to server, by replication where the
// target allows it and by SCAN, DUMP and RESTORE elsewhere, and compares both sides.
//
// By SCAN: names go in batches to workers; one script call reads payload and
// expiry of a batch at one moment of the source, one pipeline of RESTORE with
// absolute expiry writes it. There is never a key without its expiry: what has
// expired is dropped, and big keys grow under another name that expires by itself
// until a rename puts them in place. Keys are taken apart and put together by
// their elements ("by elements") when they are masked, when the target refuses
// the format of the payload, and when they are big.
//
// By replication: the target follows the source until it has what the source had
// when the link was up, and is detached again, also by the next run when this one
// is killed.
//
// Every copy ends with a comparison of every key on both sides: the payloads, or
// the contents where payloads of the same content differ. What has changed on the
// source meanwhile is copied again a bounded number of times.
//
// A run is resumed by copying all keys again: a target that was killed may have lost
// what it had acknowledged, so nothing but the target itself knows what it has, and
// asking it costs as much as writing. The journal in Job.StateDir
// keeps what cannot be seen from outside: that the target was empty or might be
// cleared when the run began, which keys the run wrote, names of unfinished big keys, and
// that the target was made a replica.
//
// Databases: those of redis.databases; else the one in the path of the source's
// URL, which goes to the one in the path of the target's (the same number without
// one); else all.
package redis
