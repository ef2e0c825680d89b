package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/report"
)

// plansResult shows what would be copied and what stands in the way.
func plansResult(plans []datamove.Plan) result {
	return result{value: plans, draw: func(w io.Writer) {
		for i, p := range plans {
			if i > 0 {
				fmt.Fprintln(w)
			}
			drawPlan(w, p)
		}
	}}
}

func drawPlan(w io.Writer, p datamove.Plan) {
	fmt.Fprintf(w, "%s: %s, about %s\n", p.Store, orDash(p.Method), p.Estimate.Round(time.Second))
	table(w, "", "END URL PRODUCT VERSION FINGERPRINT CONNECTIONS ITEMS SIZE", [][]string{serverRow("from", p.From), serverRow("to", p.To)})
	fmt.Fprintln(w)
	rows := make([][]string, 0, len(p.Units))
	for _, u := range p.Units {
		items := strconv.FormatInt(u.Items, 10)
		if !u.Exact {
			items = "~" + items
		}
		rows = append(rows, []string{u.Name, items, sizeText(u.Bytes), orDash(u.How)})
	}
	table(w, "nothing to copy", "UNIT ITEMS SIZE HOW", rows)
	for _, l := range p.LeftOut {
		fmt.Fprintf(w, "left out: %s: %s\n", l.What, l.Why)
	}
	for _, f := range p.Findings {
		fmt.Fprintf(w, "%s: %s: %s\n", f.Severity, f.Check, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", f.Hint)
		}
	}
}

func serverRow(end string, s datamove.Server) []string {
	connections := "unknown"
	if s.Connections >= 0 {
		connections = strconv.Itoa(s.Connections)
	}
	return []string{
		end, s.URL, orDash(s.Product), orDash(s.Version), orDash(s.Fingerprint), connections,
		strconv.FormatInt(s.Items, 10), sizeText(s.Bytes),
	}
}

// reportResult shows the equality report and where it is kept.
func reportResult(r datamove.Report, files datamove.ReportFiles) result {
	value := struct {
		datamove.Report
		Files datamove.ReportFiles `json:"files,omitzero"`
	}{r, files}
	return result{value: value, draw: func(w io.Writer) {
		_ = report.Text(w, r) // stdout gone is told by the exit of the pipe
		if files.HTML != "" {
			fmt.Fprintf(w, "report: %s\n", files.HTML)
		}
	}}
}

// rulesResult shows proposed rules as the part of a DataCopy that they belong to.
func rulesResult(rules []datamove.Rule, fields int) result {
	value := map[string]any{"masking": map[string]any{"rules": rules}}
	return result{value: value, draw: func(w io.Writer) {
		fmt.Fprintf(w, "# %d of %d fields look personal; read every rule before you use it\n", len(rules), fields)
		_ = writeYAML(w, value) // plain data can be encoded; stdout gone is told by the exit of the pipe
	}}
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n), 0
	for value >= unit && prefix < 6 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %ciB", value, " KMGTPE"[prefix])
}
