// Package report renders run records for people and for machines: HTML, Markdown,
// JUnit XML, JSON and text for a terminal.
//
// Every function here is pure: the same record gives the same bytes. Nothing is read
// but the record, so a report can be made anywhere and at any time, and nothing in a
// report is judged anew: the word of the verdict is the record's, to the letter. Where a
// record contradicts itself the report says so.
//
// The HTML page is one file. It loads nothing, runs no script and says so in a content
// security policy of its own.
package report
