package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"

	"github.com/shakedown-dev/shakedown/experiments/report"
	"github.com/shakedown-dev/shakedown/internal/html"
)

//go:embed *.gohtml style.css
var files embed.FS

// view is what the layout shows around a page.
type view struct {
	Title string
	// Refresh is after how many seconds the browser asks again; 0 is never.
	Refresh int
	// Body is for the page's own template.
	Body any
	html.Head
}

// render draws a page: the layout with the template in the file as its main part.
func render(file string, v view) (answer, error) {
	own, err := files.ReadFile("style.css")
	if err != nil {
		return answer{}, fmt.Errorf("read style sheet: %w", err)
	}
	t, err := template.ParseFS(files, "layout.gohtml", file)
	if err != nil {
		return answer{}, fmt.Errorf("parse page template: %w", err)
	}
	sheet := html.NewSheet(report.Style(), string(own))
	v.Head = sheet.Head()
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.gohtml", v); err != nil {
		return answer{}, fmt.Errorf("render page %q: %w", v.Title, err)
	}
	return answer{contentType: htmlType, policy: sheet.Policy(), body: b.Bytes()}, nil
}
