// Package archtest holds the architecture to its word. Its tests read the imports of
// every package, refuse what no arrow allows, fail on arrows that nothing uses any
// more, and draw the result into ARCHITECTURE.md. They count a new reader's work: how
// many files name a fault kind, a probe kind, a guard or a service, whether anything
// but the queue reckons with leases, and how long files and functions are.
package archtest
