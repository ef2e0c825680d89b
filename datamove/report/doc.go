// Package report renders the equality report of a data copy for people and for
// machines: HTML, JSON, text for a terminal and one line.
//
// Every function here is pure: the same report gives the same bytes. Nothing is judged
// anew: the word of the verdict is the report's, to the letter, and a report that
// contradicts itself is shown as one that does. There are no values of the data in a
// report, but names are, so every name is treated as hostile.
//
// The HTML page is one file. It loads nothing, runs no script and says so in a content
// security policy of its own.
package report
