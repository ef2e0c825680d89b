package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/report"
)

// reportPage shows one run in the format that the name's extension asks for.
func reportPage(ctx context.Context, c Config, r *http.Request) (answer, error) {
	run, f := formatOf(r.PathValue("file"))
	if events.Key(run) != run {
		return answer{}, events.Errorf(events.KindNotFound, "", "no run has such an id")
	}
	shown, err := events.RunShowCall.Ask(ctx, c.Caller, c.Stamp.First(""), events.RunQuery{Run: run})
	if err != nil {
		return answer{}, err
	}
	parsed, err := record.Parse(shown.Record)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	if err := f.write(&b, parsed); err != nil {
		return answer{}, err
	}
	return answer{contentType: f.contentType, policy: report.Policy(), body: b.Bytes()}, nil
}

// format is one face of a run record.
type format struct {
	extension, contentType string
	write                  func(io.Writer, record.Record) error
}

// formatOf splits the name of a report. A name without an extension is the page.
func formatOf(file string) (run string, f format) {
	for _, f := range []format{
		{".json", "application/json", report.JSON},
		{".md", "text/markdown; charset=utf-8", report.Markdown},
		{".xml", "application/xml; charset=utf-8", report.JUnit},
		{".html", htmlType, withinServer},
	} {
		if run, ok := strings.CutSuffix(file, f.extension); ok {
			return run, f
		}
	}
	return file, format{"", htmlType, withinServer}
}

func withinServer(w io.Writer, r record.Record) error { return report.HTMLWithin(w, r, "../") }
