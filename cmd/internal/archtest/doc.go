// Package archtest holds the arrows of the architecture: which package may import
// which. Its test reads the imports of every package, refuses what no arrow allows,
// fails on arrows that nothing uses any more, and draws the result into
// ARCHITECTURE.md.
package archtest
