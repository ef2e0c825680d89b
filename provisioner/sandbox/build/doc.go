// Package build builds the programs of a sandbox from the modules that the
// binary carries, once per machine.
//
// A group of programs is kept in a directory that is named for the content of
// its module, what is built of it and the toolchain:
//
//	<cache dir>/sandbox/<group>-<hash>/   the programs, whole or not there at all
//	<cache dir>/sandbox/<group>.lock      held while the group is built
//	<cache dir>/sandbox/<group>.tmp/      a build under way, or what one left
//
// Two builds of one group at once wait for each other. The lock is inherited by
// the compiler, so a build whose owner was killed is waited for as well.
package build
