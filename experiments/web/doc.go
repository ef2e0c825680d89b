// Package web shows runs and their reports to a browser. It reads through the port
// Runs and changes nothing.
//
//	/                    the runs, newest first; ?verdict= ?experiment= ?environment=
//	/reports/{run}       the report as HTML; "latest" is the newest run
//	/reports/{run}.json  the record; .md for Markdown, .xml for JUnit
//	/healthz             "ok"
//
// Pages load nothing, run no script and say so in a content security policy. Links are
// relative, so the handler works below any prefix that a proxy strips. Who may reach
// it is the affair of whoever listens.
package web
