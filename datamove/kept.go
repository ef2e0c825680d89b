package datamove

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// Ended is the report of a run that came to its end here, equal or not.
func (c *Copier) Ended(id string) (r Report, ok bool) {
	f := folder{dir: filepath.Join(c.deps.Dir, id)}
	if f.read(runFile, &f.record) != nil || !f.record.Ended || f.read(reportFile, &r) != nil {
		return Report{}, false
	}
	return r, true
}

// ReportFiles are where the report of a run is kept.
type ReportFiles struct {
	JSON string `json:"json,omitempty"`
	HTML string `json:"html,omitempty"`
}

// ReportFiles are those of a run that has a report.
func (c *Copier) ReportFiles(id string) ReportFiles {
	f := ReportFiles{JSON: filepath.Join(c.deps.Dir, id, reportFile)}
	if c.deps.View != nil {
		f.HTML = filepath.Join(c.deps.Dir, id, viewFile)
	}
	return f
}

// Knows says whether the run was begun here and can be resumed.
func (c *Copier) Knows(id string) bool { return exists(filepath.Join(c.deps.Dir, id, runFile)) }

// keep hands the report to write, as data and as a page.
func (c *Copier) keep(r Report, write func(r Report, view []byte) error) error {
	if c.deps.View == nil {
		return write(r, nil)
	}
	var page bytes.Buffer
	if err := c.deps.View(&page, r); err != nil {
		return fmt.Errorf("draw report of run %s: %w", r.ID, err)
	}
	return write(r, page.Bytes())
}
