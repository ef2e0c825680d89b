// Package audit judges run records again, from their samples, their marks and their endings
// alone, and says of every part of a record whether it holds: the chain of hashes, each
// sample, each figure, each line of evidence and the verdict. Of is pure.
//
// Ask also asks for the data of the samples again where somebody keeps them, such as a
// Prometheus. What cannot be asked again is said, and is never the same.
package audit
