// Package web shows what the services know to a browser. Like the command line it
// asks them by calls and changes nothing; it knows no service's inside.
//
//	/                    the runs, newest first; ?verdict= ?experiment= ?environment=
//	/reports/{run}       the report as HTML; "latest" is the newest run
//	/reports/{run}.json  the record; .md for Markdown, .xml for JUnit
//	/healthz             "ok"
//
// A page is a file with a function that makes its answer, and a row in the table of
// pages. Pages load nothing, run no script and say so in a content security policy.
// Links are relative, so the handler works below any prefix that a proxy strips. Who
// may reach it is the affair of whoever listens.
package web
