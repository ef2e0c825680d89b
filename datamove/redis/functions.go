package redis

import (
	"context"
	"maps"
	"slices"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// functionsSeen are the libraries of functions of both ends.
type functionsSeen struct {
	// copy says that they are copied and compared.
	copy     bool
	from, to map[string]string // code by name of the library
	leftOut  []datamove.LeftOut
}

// functions looks for libraries. They belong to the server and not to a key, so
// they are copied unless the job names the keys that it wants.
func (r *run) functions(ctx context.Context) (functionsSeen, error) {
	f := functionsSeen{}
	if !r.from.server.atLeast(7, 0) {
		return f, nil
	}
	var err error
	if f.from, err = r.from.libraries(ctx); err != nil {
		return f, err
	}
	if r.to.server.atLeast(7, 0) {
		if f.to, err = r.to.libraries(ctx); err != nil {
			return f, err
		}
	}
	if len(f.from) == 0 {
		f.copy = len(f.to) > 0 && len(r.job.Store.Include) == 0 // to tell of them
		return f, nil
	}
	leave := func(why string) {
		f.leftOut = []datamove.LeftOut{{What: "the libraries of functions", Why: why}}
	}
	switch {
	case len(r.job.Store.Include) > 0:
		leave("include names keys only")
	case !r.to.server.atLeast(7, 0):
		leave("the target is older than Redis 7")
	default:
		f.copy = true
	}
	return f, nil
}

// libraries are those of a server, of every master in a cluster.
func (s *side) libraries(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for i, node := range s.nodes {
		found, err := node.FunctionList(ctx, goredis.FunctionListQuery{WithCode: true}).Result()
		if err != nil {
			return nil, s.fault("list the functions (FUNCTION LIST)", err)
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
func (r *run) copyFunctions(ctx context.Context, seen seen) error {
	if !seen.functions.copy || len(seen.functions.from) == 0 {
		return nil
	}
	r.step("functions")
	dump, err := r.from.nodes[0].FunctionDump(ctx).Result()
	if err != nil {
		return r.from.fault("read the functions (FUNCTION DUMP)", err)
	}
	for _, node := range r.to.nodes {
		if err := node.Do(ctx, "function", "restore", dump, "replace").Err(); err != nil {
			return r.to.fault("load the functions (FUNCTION RESTORE)", err)
		}
	}
	r.checkpoint("functions")
	return nil
}

// compareFunctions reports each library of the source, and tells of others.
func (r *run) compareFunctions(ctx context.Context, part *datamove.Part, seen seen) error {
	if !seen.functions.copy {
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
