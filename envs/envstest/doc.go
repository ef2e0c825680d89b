// Package envstest plays many rounds of what happens to environments in a cluster that
// others use, too, and looks after each whether anything of theirs was changed.
//
// # Who plays
//
// Two installations share a cluster. People and the CI of two projects ask either for the
// same few environments: to create, change, destroy, extend and adopt them, several at a
// time. A foreigner makes, changes and deletes namespaces and objects in and beside these
// environments, with labels that look like ours, and is quicker than a service between its
// look at an object and its change of it (an ambush). In the nights nothing is asked for:
// the groups forget which events they have handled, so that all come again, and ten days
// go by, so that what was remembered of requests is gone, too.
//
// # What must hold
//
//  1. What is foreign is as its owner has left it, to the byte. It may be gone when it lay
//     in an environment that was destroyed, and either that was asked for with what is
//     foreign, or the foreigner has put it there while that was going on: a namespace can
//     be deleted under no condition on what is in it. It may be adopted when an adoption
//     has named what its labels say.
//  2. What an installation has said last of an environment is so: ready is there, with
//     every object as its document says and no other; destroyed is gone, nothing is left.
//  3. What nobody has asked for stays as it was.
//  4. Each refusal names the object and whose it is, and that is so.
//
// Where the foreigner has changed what is ours, or a request has ended half way, only the
// first and the last are judged, and what is there then stands for the next step.
package envstest
