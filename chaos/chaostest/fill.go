package chaostest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Fill puts n closed faults into the ledger, as the service leaves them: one a
// minute, the last of them a minute before now.
func Fill(ctx context.Context, store events.Store, n int, now time.Time) error {
	kv, err := store.KV(ctx, events.Bucket{Name: chaos.LedgerName + "_ended", TTL: chaos.DefaultKeep})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	for i := range n {
		past, err := closedFault(i, now.Add(-time.Duration(n-i)*time.Minute))
		if err != nil {
			return err
		}
		raw, err := json.Marshal(past)
		if err != nil {
			return fmt.Errorf("encode fault %s: %w", past.ID, err)
		}
		if _, err := kv.Create(ctx, events.Key(past.ID), raw); err != nil {
			return fmt.Errorf("write fault %s: %w", past.ID, err)
		}
	}
	return nil
}

// closedFault is the i-th fault, a kill of one pod of an environment.
func closedFault(i int, opened time.Time) (work.Past, error) {
	fault, run := fmt.Sprintf("filled-%d-1", i), fmt.Sprintf("filled-%d", i)
	environment, name := fmt.Sprintf("pr-%d", i%200), fmt.Sprintf("api-6d5f9c7b8-%05x", i)
	e := chaos.Entry{
		Fault: fault, State: chaos.StateClosed, Opened: opened, Outcome: chaos.OutcomeRecovered, Announced: true,
		Request: events.FaultInject{Fault: fault, Run: run, Kind: "pod-kill", Environment: environment, Namespace: environment},
		Victims: []chaos.Victim{{Hit: true, Victim: events.Victim{
			Kind: "pod", ID: events.Digest(name), Name: name, Where: "namespace " + environment + ", node worker-1",
			Namespace: environment, UID: events.Digest(name), Owner: "Deployment/api", Node: "worker-1",
		}}},
	}
	closed := opened.Add(20 * time.Second)
	summary, err := json.Marshal(e.Summary(closed))
	if err != nil {
		return work.Past{}, fmt.Errorf("encode fault %s: %w", fault, err)
	}
	asked := events.Meta{ID: events.Digest(fault, "asked"), Source: "experiments", Time: opened, Correlation: run}
	return work.Past{ID: fault, Asked: asked, Ended: closed, Summary: summary}, nil
}
