// Package verdict says what a run proved: it counts the evidence of a record, checks
// the requirements of "passed", gives the verdict and names what to mend next. It is
// pure: it reads nothing but its arguments.
package verdict
