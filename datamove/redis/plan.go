package redis

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// The ways to copy.
const (
	modeScan      = "scan"
	modeReplicaof = "replicaof"
)

// Rates for estimates, of a small machine: with verification by scan, by replication.
const (
	scanRate      = 80_000
	replicaofRate = 100_000
	byteRate      = 40 << 20
)

func leftReplica() datamove.Finding {
	return datamove.Finding{
		Severity: datamove.Warning, Check: "replica", Message: "an earlier try of this run left the target as a replica of the source; a copy detaches it first",
	}
}

// Plan asks both ends. See datamove.Adapter.
func (a *Adapter) Plan(ctx context.Context, j datamove.Job) (datamove.Plan, error) {
	r, err := a.open(ctx, j, nil)
	if err != nil {
		return datamove.Plan{}, outcome.Error(err, false)
	}
	defer r.close()
	past, err := readJournal(j.StateDir)
	if err != nil {
		return datamove.Plan{}, outcome.Error(err, false)
	}
	found, err := r.preflight(ctx, r.before(past))
	if err != nil {
		return datamove.Plan{}, outcome.Error(err, false)
	}
	p := datamove.Plan{
		Store: j.Store.Name, From: r.from.report(), To: r.to.report(), Findings: found.findings, LeftOut: found.functions.leftOut, Method: found.mode,
	}
	if attached(past) != nil && r.to.server.replica {
		p.Findings = append(p.Findings, leftReplica())
	}
	for _, pair := range r.pairs {
		p.Units = append(p.Units, r.planUnit(pair, found.mode))
	}
	p.Estimate = estimate(p.Units, found.mode)
	return p, nil
}

func (r *run) planUnit(p pair, mode string) datamove.PlanUnit {
	items := r.from.server.keys[p.from.number]
	u := datamove.PlanUnit{Name: p.name(), Items: items, How: "SCAN, DUMP, RESTORE"}
	if total := r.from.server.total(); total > 0 {
		u.Bytes = int64(float64(r.from.server.used) * float64(items) / float64(total))
	}
	if mode == modeReplicaof {
		u.How = "REPLICAOF"
	}
	return u
}

func estimate(units []datamove.PlanUnit, mode string) time.Duration {
	rate := int64(scanRate)
	if mode == modeReplicaof {
		rate = replicaofRate
	}
	var seconds float64
	for _, u := range units {
		seconds += max(float64(u.Items)/float64(rate), float64(u.Bytes)/byteRate)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}
