package archtest

import (
	"fmt"
	"go/ast"
	"slices"
)

// The bounds of sizes, in lines.
const (
	maxFile       = 400
	maxFileMedian = 120
	maxFunction90 = 25
)

// figures are the sizes of the code.
type figures struct {
	files, fileMedian      int
	functions, median, p90 int
	// tooLong names the files beyond the bound.
	tooLong []string
}

// measure counts lines of files and of functions, from the line of "func" to that of
// the closing brace.
func measure(sources []source) figures {
	var files, functions []int
	var f figures
	for _, s := range sources {
		files = append(files, s.lines)
		if s.lines > maxFile {
			f.tooLong = append(f.tooLong, fmt.Sprintf("%s has %d lines", s.path, s.lines))
		}
		functions = append(functions, lengths(s)...)
	}
	f.files, f.fileMedian = len(files), quantile(files, 50)
	f.functions, f.median, f.p90 = len(functions), quantile(functions, 50), quantile(functions, 90)
	return f
}

// lengths are those of the functions of a file.
func lengths(s source) (lines []int) {
	for _, decl := range s.file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			lines = append(lines, s.set.Position(fn.End()).Line-s.set.Position(fn.Pos()).Line+1)
		}
	}
	return lines
}

// quantile is the smallest number that the given part of the numbers, in percent, do
// not exceed; 0 of none.
func quantile(numbers []int, percent int) int {
	if len(numbers) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[(len(sorted)*percent+99)/100-1]
}

// excess says which bounds the figures break.
func (f figures) excess() (broken []string) {
	broken = f.tooLong
	if f.fileMedian > maxFileMedian {
		broken = append(broken, fmt.Sprintf("the median file has %d lines, want at most %d", f.fileMedian, maxFileMedian))
	}
	if f.p90 > maxFunction90 {
		broken = append(broken, fmt.Sprintf("nine of ten functions have up to %d lines, want at most %d", f.p90, maxFunction90))
	}
	return broken
}
