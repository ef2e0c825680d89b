package prom

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// newParser reads what a Prometheus with its usual settings reads.
func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// indexLabel tells apart the answers of one freshness query.
const indexLabel = "shakedown_selector"

// oldest is the suffix of the index of the series of a selector that is oldest.
const oldest = "-oldest"

// freshness asks for the time of the newest raw sample of each selector, in one query: of the
// series where it is newest, and of the one where it is oldest.
func freshness(selectors []string) string {
	parts := make([]string, 0, 2*len(selectors))
	for i, s := range selectors {
		parts = append(parts, labelled("max", s, strconv.Itoa(i)), labelled("min", s, strconv.Itoa(i)+oldest))
	}
	return strings.Join(parts, " or ")
}

func labelled(of, selector, index string) string {
	return fmt.Sprintf(`label_replace(%s(timestamp(%s)), "%s", "%s", "", "")`, of, selector, indexLabel, index)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	const most = 200
	if len(line) > most {
		line = line[:most] + "..."
	}
	return line
}
