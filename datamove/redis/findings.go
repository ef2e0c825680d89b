package redis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// sameEnds: a copy to itself.
func sameEnds(f facts) []datamove.Finding {
	refuse := func(format string, args ...any) []datamove.Finding {
		return []datamove.Finding{{
			Severity: datamove.Refusal, Check: "same-server", Message: fmt.Sprintf(format, args...), Hint: "name another target",
		}}
	}
	if f.from.replica && f.to.replID != "" && f.from.replID == f.to.replID {
		return refuse("the source %s is a replica of the target %s: they hold the same data", f.fromURL, f.toURL)
	}
	if f.from.runID == "" || f.from.runID != f.to.runID {
		return nil
	}
	for _, p := range f.pairs {
		for _, q := range f.pairs {
			if p[0] == q[1] {
				return refuse("both ends are the same server (run id %s) and database %d", f.from.runID, p[0])
			}
		}
	}
	return []datamove.Finding{{Severity: datamove.Warning, Check: "same-server", Message: "both ends are databases of the same server"}}
}

// leftAttached says whether the target is what a killed copy from the same source
// may have left, and whether it may be overwritten, however it has become so.
func (f facts) leftAttached() bool {
	return f.to.master == f.fromHost && f.settings.Disposable && f.settings.Mode != modeScan && f.existing == datamove.ExistingReplace
}

// targetState: one that cannot be written to.
func targetState(f facts) []datamove.Finding {
	var out []datamove.Finding
	switch {
	case f.to.replica && f.leftAttached() && againstReplication(f) == "":
		out = append(out, datamove.Finding{
			Severity: datamove.Warning, Check: "replica",
			Message: "the target is a replica of the source already, as a copy that was killed leaves it; it is detached in the end",
		})
	case f.to.replica:
		out = append(out, datamove.Finding{
			Severity: datamove.Refusal, Check: "replica",
			Message: fmt.Sprintf("the target %s is a replica of %s and takes no writes", f.toURL, f.to.master),
			Hint: "name its master; if an earlier copy left it so, go on with that run by --resume, or start one with existing: replace and " +
				"redis.disposable: true, or detach it with REPLICAOF NO ONE and CONFIG SET masterauth ''",
		})
	}
	return slices.Concat(out, loading("source", f.from), loading("target", f.to))
}

func loading(end string, s server) []datamove.Finding {
	if !s.loading {
		return nil
	}
	return []datamove.Finding{{
		Severity: datamove.Refusal, Check: "loading", Message: "the " + end + " is still loading its data", Hint: "wait until it has loaded them",
	}}
}

// versions: what one end does not know.
func versions(f facts) []datamove.Finding {
	var out []datamove.Finding
	if !f.from.atLeast(4, 0) {
		out = append(out, datamove.Finding{Severity: datamove.Refusal, Check: "version", Message: fmt.Sprintf("the source is %s %s; it must be 4.0 or later", f.from.product, f.from.version)})
	}
	if !f.to.atLeast(5, 0) {
		out = append(out, datamove.Finding{Severity: datamove.Refusal, Check: "version", Message: fmt.Sprintf("the target is %s %s, which knows no RESTORE with ABSTTL; it must be 5.0 or later", f.to.product, f.to.version)})
	}
	if newer(f.from, f.to) {
		out = append(out, datamove.Finding{
			Severity: datamove.Warning, Check: "version",
			Message: fmt.Sprintf("the source (%s %s) is newer than the target (%s %s): keys whose format the target refuses are copied by elements", f.from.product, f.from.version, f.to.product, f.to.version),
		})
	}
	return out
}

// memory: what does not fit, or is evicted without a word.
func memory(f facts) []datamove.Finding {
	if f.to.maxMemory == 0 {
		return nil
	}
	var out []datamove.Finding
	need := f.from.used
	if f.existing != datamove.ExistingReplace {
		need += f.to.used
	}
	if need > f.to.maxMemory {
		out = append(out, datamove.Finding{
			Severity: datamove.Refusal, Check: "memory",
			Message: fmt.Sprintf("the data need about %d MiB and maxmemory of the target is %d MiB", need>>20, f.to.maxMemory>>20),
			Hint:    fmt.Sprintf("CONFIG SET maxmemory %d, or copy less with include and exclude", need+need/4),
		})
	}
	if !strings.HasPrefix(f.to.policy, "noeviction") && f.to.policy != "" {
		out = append(out, datamove.Finding{
			Severity: datamove.Warning, Check: "eviction", Message: fmt.Sprintf("the target evicts keys when its memory is full (maxmemory-policy %s)", f.to.policy),
			Hint: "CONFIG SET maxmemory-policy noeviction",
		})
	}
	return out
}

// inTheWay: what is there already.
func existingKeys(f facts) []datamove.Finding {
	severity := datamove.Refusal
	if f.existing == datamove.ExistingReplace {
		severity = datamove.Note
	}
	var out []datamove.Finding
	add := func(message string) {
		const hint = "set existing to replace or merge, or name an empty database"
		out = append(out, datamove.Finding{Severity: severity, Check: "not-empty", Hint: hint, Message: message})
	}
	if f.existingKeys > 0 {
		add(fmt.Sprintf("the target %s has keys that the copy would meet, such as %q (%s in its database)", f.toURL, f.exampleKey, keysText(f.existingKeys)))
	}
	if f.existing == datamove.ExistingMerge {
		return out
	}
	for name, code := range f.functions.to {
		if have, there := f.functions.from[name]; f.functions.copy && there && have != code {
			add(fmt.Sprintf("the target %s has another library of functions named %q", f.toURL, name))
		}
	}
	return out
}

// notes: what somebody may want to know.
func notes(f facts) []datamove.Finding {
	var out []datamove.Finding
	note := func(check, format string, args ...any) {
		out = append(out, datamove.Finding{Severity: datamove.Note, Check: check, Message: fmt.Sprintf(format, args...)})
	}
	if f.from.replica {
		note("replica", "the source is a replica of %s", f.from.master)
	}
	if f.clock != 0 {
		note("clock", "the target's clock is %s ahead of the source's; expiries are corrected by that", f.clock)
	}
	for _, b := range f.big {
		note("big-key", "%q has %d MiB and is copied in pieces", b.name, b.size>>20)
	}
	for _, l := range f.functions.leftOut {
		out = append(out, datamove.Finding{Severity: datamove.Warning, Check: "functions", Message: l.What + " are not copied: " + l.Why})
	}
	return out
}
