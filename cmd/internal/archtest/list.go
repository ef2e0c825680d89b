package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// module is the path of this module.
const module = "github.com/shakedown-dev/shakedown"

// list asks the go command for the imports of every package of the module in the
// folder, the tests against real servers included.
func list(ctx context.Context, folder string) ([]pkg, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-tags", "real",
		"-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w: %s", folder, err, stderr.String())
	}
	return parse(bytes.NewReader(out))
}

// parse reads what "go list -json" prints.
func parse(r io.Reader) (packages []pkg, err error) {
	for dec := json.NewDecoder(r); ; {
		var listed struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&listed); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("decode go list: %w", err)
		}
		p := pkg{path: inside(listed.ImportPath)}
		p.own, p.foreign = split(p.path, listed.Imports)
		p.testOwn, p.testForeign = split(p.path, append(listed.TestImports, listed.XTestImports...))
		packages = append(packages, p)
	}
}

// split sorts imports into those of this module and those of others. The standard
// library and the package itself are left out.
func split(self string, imports []string) (own, foreign []string) {
	for _, path := range imports {
		first, _, _ := strings.Cut(path, "/")
		switch {
		case path == module || strings.HasPrefix(path, module+"/"):
			if inside(path) != self {
				own = append(own, inside(path))
			}
		case strings.Contains(first, "."):
			foreign = append(foreign, path)
		}
	}
	return own, foreign
}

func inside(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }
