package pod

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// former is a fault on the first pod as servers before the work queue kept it.
func former(fault, state, sent, marks, more string) string {
	return fmt.Sprintf(`{"fault":%q,"request":{"fault":%[1]q,"run":"run-%[1]s","kind":"pod-kill","environment":"shop","namespace":"shop",
		"target":{"labels":"app=api"},"budget":"20s"},"cause":"asked-%[1]s","state":%q,"lease":{"owner":"old","expires":"2026-01-02T03:04:05Z"},
		"known":["uid-api-1","uid-api-2","uid-api-3"],"opened":%[3]q,"injected":%[3]q,"marks":[%[4]s]%[5]s,
		"victims":[{"namespace":"shop","name":"api-1","uid":"uid-api-1","owner":"Deployment/api","node":"node-1",
		"ownerRef":{"kind":"Deployment","name":"api","uid":"deployment-api"},"sent":%[3]q,"hit":true}]}`, fault, state, sent, marks, more)
}

// TestAFormerLedgerIsTakenOver: a fault that an earlier version left open is ended
// and said, one that it closed is not injected again, and its bucket is left empty.
func TestAFormerLedgerIsTakenOver(t *testing.T) {
	r, f := chaostest.New(t), newFake(3)
	if err := f.Kill(t.Context(), events.Victim{UID: "uid-api-1"}, nil); err != nil {
		t.Fatal(err)
	}
	kv, err := r.Bus.KV(t.Context(), events.Bucket{Name: "chaos_ledger"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	mark := fmt.Sprintf(`{"fault":"open","run":"run-open","victim":"uid-api-1","mark":"kill-accepted","object":"api-1","at":%q}`, now)
	for fault, entry := range map[string]string{
		"open": former("open", "recovering", now, mark, ""), "planned": former("planned", "planned", now, "", ""),
		"closed": former("closed", "closed", now, "", `,"outcome":"recovered"`), "torn": "{",
	} {
		if _, err := kv.Create(t.Context(), fault, []byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
	r.Serve(r.Deps("b", Kinds(f)...))
	eventstest.Eventually(t, "all are closed", func() bool { return len(r.Past()) == 3 && len(r.Open()) == 0 })
	outcomes := make(map[string]string)
	for _, s := range r.Past() {
		outcomes[s.Fault] = s.Outcome + " " + s.Note
	}
	if outcomes["open"] != chaos.OutcomeRecovered+" " || outcomes["closed"] != chaos.OutcomeRecovered+" " {
		t.Errorf("outcomes %q", outcomes)
	}
	if !strings.HasPrefix(outcomes["planned"], chaos.OutcomeRefused+" the server was replaced") {
		t.Errorf("outcomes %q", outcomes)
	}
	if marks := marksOf(r); len(marks) != 4 || marks[0] != "replacement-ready healed Replacement Ready" {
		t.Errorf("marks %q", marks)
	}
	eventstest.Eventually(t, "nothing is left but what cannot be read", func() bool {
		left, err := kv.List(t.Context())
		return err == nil && len(left) == 1 && left[0].Key == "torn"
	})
	if n := f.killed(); n != 1 {
		t.Errorf("%d pods were killed", n)
	}
}
