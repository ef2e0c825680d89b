package redis

import (
	"context"
	"maps"
	"slices"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// functions are the libraries of functions of both ends.
type functions struct {
	// copy says that they are copied and compared.
	copy     bool
	from, to map[string]string // code by name of the library
	leftOut  []datamove.LeftOut
}

// findFunctions lists the libraries. They belong to the server and not to a key, so
// they are copied unless the job names the keys that it wants.
func (r *run) findFunctions(ctx context.Context) (functions, error) {
	f := functions{}
	if !r.from.server.atLeast(7, 0) {
		return f, nil
	}
	older := !r.to.server.atLeast(7, 0)
	var err error
	if f.from, err = r.from.libraries(ctx); err == nil && !older {
		f.to, err = r.to.libraries(ctx)
	}
	if err != nil {
		return f, err
	}
	names := len(r.job.Store.Include) > 0
	switch {
	case len(f.from) == 0:
		f.copy = len(f.to) > 0 && !names // to name them
	case names:
		f.leaveOut("include names keys only")
	case older:
		f.leaveOut("the target is older than Redis 7")
	default:
		f.copy = true
	}
	return f, nil
}

func (f *functions) leaveOut(why string) {
	f.leftOut = []datamove.LeftOut{{What: "the libraries of functions", Why: why}}
}

// libraries are those of a server, of every master in a cluster.
func (e *end) libraries(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for i, node := range e.nodes {
		found, err := node.FunctionList(ctx, goredis.FunctionListQuery{WithCode: true}).Result()
		if err != nil {
			return nil, e.wrap("list the functions (FUNCTION LIST)", err)
		}
		seen := map[string]bool{}
		for _, l := range found {
			seen[l.Name] = true
			if code, ok := out[l.Name]; i > 0 && (!ok || code != l.Code) {
				out[l.Name] = "" // not the same on all masters
				continue
			}
			out[l.Name] = l.Code
		}
		for name := range out {
			if !seen[name] {
				out[name] = ""
			}
		}
	}
	return out, nil
}

// copyFunctions loads the source's libraries; others of the target stay.
func (r *run) copyFunctions(ctx context.Context, f functions) error {
	if !f.copy || len(f.from) == 0 {
		return nil
	}
	r.observer.Step("functions")
	dump, err := r.from.nodes[0].FunctionDump(ctx).Result()
	if err != nil {
		return r.from.wrap("read the functions (FUNCTION DUMP)", err)
	}
	for _, node := range r.to.nodes {
		if err := node.Do(ctx, "function", "restore", dump, "replace").Err(); err != nil {
			return r.to.wrap("load the functions (FUNCTION RESTORE)", err)
		}
	}
	r.observer.Reached("functions")
	return nil
}

// compareFunctions reports each library of the source, and warns of others.
func (r *run) compareFunctions(ctx context.Context, part *datamove.Part, f functions) error {
	if !f.copy {
		return nil
	}
	from, err := r.from.libraries(ctx)
	if err != nil {
		return err
	}
	to, err := r.to.libraries(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		code, there := to[name]
		part.Objects = append(part.Objects, datamove.Object{Kind: "library", Name: name, Equal: there && code == from[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if _, there := from[name]; !there {
			r.tally.notes.Warn("only the target has the library %s of functions; it stays", name)
		}
	}
	return nil
}
