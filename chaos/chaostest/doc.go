// Package chaostest helps to test the engine of chaos and its kinds of faults: a
// rig with a real bus, a suite that every kind must pass, and a ledger full of
// closed faults.
package chaostest
