package redis

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
)

// decide chooses the way and makes the findings.
func decide(f facts) (mode string, findings []datamove.Finding) {
	findings = append(findings, f.rights...)
	findings = append(findings, f.unfitted...)
	findings = append(findings, sameEnds(f)...)
	findings = append(findings, targetState(f)...)
	findings = append(findings, versions(f)...)
	findings = append(findings, memory(f)...)
	findings = append(findings, existingKeys(f)...)
	findings = append(findings, notes(f)...)
	against := againstReplication(f)
	switch {
	case f.settings.Mode == modeReplicaof && against != "":
		findings = append(findings, datamove.Finding{
			Severity: datamove.Refusal, Check: "mode", Message: "replicaof is not possible: " + against, Hint: "set redis.mode to scan",
		})
		return modeReplicaof, findings
	case f.settings.Mode == modeScan || against != "":
		if f.settings.Mode != modeScan && f.settings.Disposable {
			findings = append(findings, datamove.Finding{Severity: datamove.Note, Check: "mode", Message: "copied by SCAN: " + against})
		}
		return modeScan, findings
	}
	return modeReplicaof, findings
}

// againstReplication says why the target cannot follow the source for a while.
func againstReplication(f facts) string {
	switch {
	case !f.settings.Disposable:
		return "the target is not disposable"
	case f.masked:
		return "what is masked would be in the target unmasked for a while"
	case f.throttled:
		return "replication knows no bound of bytes per second"
	case !f.whole:
		return "it copies all keys of all databases, and the job does not"
	}
	return againstFollowing(f)
}

// againstFollowing says what of the two servers stands against it.
func againstFollowing(f facts) string {
	switch {
	case f.existing == datamove.ExistingMerge:
		return "it would remove what the target has"
	case f.before.mode == modeScan:
		return "the run began by SCAN, and what else the target has stays"
	case f.existing != datamove.ExistingReplace && !f.before.attached && (f.to.total() > 0 || len(f.functions.to) > 0):
		return "it would remove what the target has; say existing: replace if it may"
	case f.from.cluster || f.to.cluster:
		return "one end is a cluster"
	case f.tls:
		return "the source wants TLS, which is a setting of the target"
	case !f.to.atLeast(5, 0) || newer(f.from, f.to):
		return "the target is older than the source"
	case f.clock != 0:
		return fmt.Sprintf("the clocks differ by %s, which would be added to each expiry", f.clock)
	}
	return f.replicaLogin
}

// newer says whether a is of a newer minor version than b.
func newer(a, b server) bool {
	var major, minor int
	if _, err := fmt.Sscanf(a.version, "%d.%d", &major, &minor); err != nil {
		return true
	}
	return a.product != b.product || !b.atLeast(major, minor)
}
