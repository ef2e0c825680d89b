package s3

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// findings are what the listings show.
func (r *run) findings(s *survey) []datamove.Finding {
	var all findings
	existing, resume := r.job.Store.Existing, r.job.Resume
	fail := existing == "" || existing == datamove.ExistingFail
	all.add(fail && s.differ.n > 0 && !resume, datamove.Refusal, "not-empty", "say existing: replace or merge, or choose an empty prefix",
		"%d objects of the target differ from those that would be copied over them, the first is %q", s.differ.n, s.differ.first)
	all.add(s.archived.n > 0, datamove.Refusal, "archived", "restore them first, or exclude them",
		"%d objects are archived and cannot be read, the first is %q", s.archived.n, s.archived.first)
	r.extraFindings(&all, s.extra)
	all.add(s.big > 0, datamove.Note, "big-objects", "", "%d objects are larger than one request can copy; they go in parts", s.big)
	all.add(s.long.n > 0, datamove.Refusal, "key-too-long", "choose a shorter prefix of the target, or exclude them",
		"%d keys would be longer than %d bytes in the target, the first is %q", s.long.n, keyLimit, s.long.first)
	all.add(s.undecided > 0, datamove.Note, "unsure", "", "%d objects that both sides have can only be told apart by reading them, which the copy does", s.undecided)
	all.add(s.odd > 0, datamove.Warning, "odd-keys", "", "%d keys may get lost in other tools or servers: %s", s.odd, strings.Join(s.oddities, "; "))
	all.add(s.disorder, datamove.Warning, "order", "", "a listing is not in the order of keys; it is sorted in memory, which bounds how long it may be")
	all.add(s.truncated, datamove.Note, "bounded", "", "only the first %d objects were listed", planMost)
	all.add(true, datamove.Note, "consistency", "", "S3 has no snapshot: what changes while it is copied is copied as it is then")
	return all
}

// extraFindings are those on objects that only the target has.
func (r *run) extraFindings(all *findings, extra int64) {
	remove, most := r.job.Store.S3.Delete, int64(r.maxDelete())
	all.add(remove && extra > most, datamove.Refusal, "delete", "see what is there, or raise s3.maxDelete",
		"%d objects of the target are not in the source, and at most %d may be removed", extra, most)
	all.add(remove && extra > 0 && extra <= most, datamove.Warning, "delete", "", "%d objects of the target will be removed", extra)
	all.add(!remove && extra > 0, datamove.Note, "extra", "", "%d objects that only the target has stay", extra)
}

type findings []datamove.Finding

func (f *findings) add(when bool, severity datamove.Severity, check, hint, format string, args ...any) {
	if when {
		*f = append(*f, datamove.Finding{Severity: severity, Check: check, Hint: hint, Message: fmt.Sprintf(format, args...)})
	}
}
