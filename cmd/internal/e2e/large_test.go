//go:build real && bench

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments/experimentstest"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// What a server with 10,000 finished runs and faults promises.
const (
	manyRuns   = 10_000
	largeIdle  = 80 << 10 // KiB
	largeCPU   = 0.02     // of one core
	largeList  = 100 * time.Millisecond
	largeShow  = 50 * time.Millisecond
	largeStop  = 500 * time.Millisecond
	openFaults = 6
)

// TestLargeStore starts a server on the store of one that has worked for months.
// Under `make bench` it has all the runs and its bounds are those in time; in
// the ordinary tests it has some, and must answer with them.
func TestLargeStore(t *testing.T) {
	bench := timebound.Asserted()
	runs := 300
	if bench {
		runs = manyRuns
	}
	program, dir := binary(t), t.TempDir()
	fill(t, dir, runs)
	newest := fmt.Sprintf("run-%06d", runs)
	cmd := up(t, program, dir)
	figures := map[string]float64{"store-MB": megabytes(t, dir)}
	if bench {
		figures["idle-core"], figures["resident-KiB"] = idle(t, cmd.Process.Pid, 10*time.Second)
	}
	figures["list-ms"] = fastest(func() { wantRuns(t, dir, runs) })
	figures["page-ms"] = fastest(func() { wantPage(t, dir, newest) })
	figures["show-ms"] = fastest(func() { wantRecord(t, dir, newest) })
	figures["stop-ms"] = stopAll(t, dir)
	report(t, "LargeStore", figures)
	if !bench {
		return
	}
	for name, most := range map[string]float64{
		"idle-core": largeCPU, "resident-KiB": largeIdle, "list-ms": ms(largeList), "page-ms": ms(largeList),
		"show-ms": ms(largeShow), "stop-ms": ms(largeStop),
	} {
		if figures[name] > most {
			t.Errorf("%s is %.3f, want at most %.3f", name, figures[name], most)
		}
	}
}

// fill leaves in the directory what a server with so many finished runs and faults
// has left.
func fill(t *testing.T, dir string, runs int) {
	t.Helper()
	server, err := natsbus.StartEmbedded(t.Context(), natsbus.Embedded{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: server.Access(), Name: "fill"})
	if err != nil {
		t.Fatal(err)
	}
	if err := chaostest.Fill(t.Context(), bus, runs, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := experimentstest.Fill(t.Context(), bus, runs, time.Now()); err != nil {
		t.Fatal(err)
	}
	publishMany(t, server.Access(), 5*runs)
	if err := bus.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// publishMany puts events of as many keys into the stream. They carry no id for the
// server to drop duplicates by: it remembers those of the last hour only, and these
// are of months.
func publishMany(t *testing.T, access natsbus.Access, n int) {
	t.Helper()
	stream := natsbustest.JetStream(t, access, jetstream.WithPublishAsyncMaxPending(256))
	for i := range n {
		run := "filled-" + strconv.Itoa(i)
		e, err := events.RunProgressedTopic.Envelope(stamp().About(run, "progress"), events.RunProgressed{Run: run, Phase: "observing"})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.PublishAsync(e.Address(), raw, jetstream.WithStallWait(patience)); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, stream.PublishAsyncComplete())
}

func receive(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the events were not stored in time")
	}
}

// up starts the program as `shakedown up` and waits until it is ready.
func up(t *testing.T, program, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program, "up", "--data-dir", dir, "--listen", "127.0.0.1:0", "--specs", "../../../examples/shop",
		"--kubeconfig", sandboxtest.Kubeconfig(t), "--prometheus", sandboxtest.Prometheus(t))
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server did not end well: %v\n%s", err, &log)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ready(ctx, dir, cmd.Process.Pid) {
		if ctx.Err() != nil {
			t.Fatal("the server does not get ready")
		}
		tick(ctx)
	}
	return cmd
}

// idle measures for some time the part of a core that the process uses, and the
// most that it holds in memory, in KiB.
func idle(t *testing.T, pid int, span time.Duration) (core, most float64) {
	t.Helper()
	settle, cancel := context.WithTimeout(t.Context(), 15*time.Second) // what a start reads is given back by then
	defer cancel()
	<-settle.Done()
	before, began := cpu(t, pid), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	for ctx.Err() == nil {
		most = max(most, float64(resident(t, pid, "VmRSS")))
		tick(ctx)
	}
	t.Logf("of which %d KiB are its own and %d KiB of files", resident(t, pid, "RssAnon"), resident(t, pid, "RssFile"))
	return (cpu(t, pid) - before).Seconds() / time.Since(began).Seconds(), most
}

// cpu is the processor time of the process so far.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(after)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatalf("processor time in %q", raw)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func megabytes(t *testing.T, dir string) float64 {
	t.Helper()
	kib, _, _ := strings.Cut(run(t, "", "du", "-sk", dir), "\t")
	n, err := strconv.ParseFloat(kib, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n / 1024
}

// fastest is the shortest of five calls, in milliseconds: what it takes when
// nothing else wants the processor.
func fastest(call func()) float64 {
	best := time.Hour
	for range 5 {
		began := time.Now()
		call()
		best = min(best, time.Since(began))
	}
	return ms(best)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// caller is a connection to the server in the directory.
func caller(t *testing.T, dir string) *natsbus.Bus {
	t.Helper()
	access, err := natsbus.ReadAccess(dir)
	if err != nil {
		t.Fatal(err)
	}
	bus, err := natsbus.Connect(t.Context(), natsbus.Config{Access: access, Name: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	return bus
}

// wantRuns lists the runs as `experiment list` does.
func wantRuns(t *testing.T, dir string, runs int) {
	t.Helper()
	bus := caller(t, dir)
	defer func() { _ = bus.Close() }()
	answer, err := events.RunListCall.Ask(t.Context(), bus, stamp().First(""), events.RunsQuery{})
	if err != nil || len(answer.Runs) != min(runs, 100) {
		t.Errorf("%d runs are listed, %v", len(answer.Runs), err)
	}
}

// wantPage reads the index of reports.
func wantPage(t *testing.T, dir, newest string) {
	t.Helper()
	address, err := app.ReadAddress(dir)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.HTTP+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	page := body(t, request)
	if !strings.Contains(page, newest) {
		t.Errorf("the index does not show run %s", newest)
	}
}

func body(t *testing.T, request *http.Request) string {
	t.Helper()
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page strings.Builder
	if err := response.Write(&page); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", request.URL, response.Status, err)
	}
	return page.String()
}

// wantRecord reads one run record as `report show` does.
func wantRecord(t *testing.T, dir, run string) {
	t.Helper()
	bus := caller(t, dir)
	defer func() { _ = bus.Close() }()
	answer, err := events.RunShowCall.Ask(t.Context(), bus, stamp().First(""), events.RunQuery{Run: run})
	if err != nil || len(answer.Record) == 0 {
		t.Errorf("record of run %s: %v", run, err)
	}
}

// stopAll opens some faults at once, whose victims take their time to end, pulls
// the emergency stop and returns how long it took until the last of them was
// reverted, in milliseconds. It waits for the new pods first: their start takes the
// processors that the server is measured on.
func stopAll(t *testing.T, dir string) float64 {
	t.Helper()
	bus := caller(t, dir)
	defer func() { _ = bus.Close() }()
	name := "stop-" + strings.ToLower(strconv.FormatInt(time.Now().Unix(), 36))
	createSlow(t, bus, name)
	for i := range openFaults {
		id := fmt.Sprintf("%s-%d", name, i)
		request := events.FaultInject{
			Fault: id, Run: id, Kind: "pod-kill", Environment: name, Namespace: name,
			Target: events.FaultTarget{Labels: fmt.Sprintf("app.kubernetes.io/name=api%d", i), Count: 1},
			Budget: events.Duration(time.Minute),
		}
		if err := events.FaultInjectTopic.Publish(t.Context(), bus, stamp().First(id), request); err != nil {
			t.Fatal(err)
		}
		await(t, bus, events.FaultInjectedTopic, id, events.FaultRefusedTopic.Type(), events.FaultFailedTopic.Type())
	}
	for i := range openFaults {
		awaitReplaced(t, bus, fmt.Sprintf("%s-%d", name, i))
	}
	began := time.Now()
	if _, err := events.StopCall.Ask(t.Context(), bus, stamp().First("stop"), events.StopRequest{Reason: "measured"}); err != nil {
		t.Fatal(err)
	}
	last := began
	for i := range openFaults {
		reverted := await(t, bus, events.FaultRevertedTopic, fmt.Sprintf("%s-%d", name, i))
		if reverted.At.After(last) {
			last = reverted.At
		}
	}
	if _, err := events.ResumeCall.Ask(t.Context(), bus, stamp().First("resume"), events.StopRequest{}); err != nil {
		t.Fatal(err)
	}
	return ms(last.Sub(began))
}

// awaitReplaced waits until the victim of a fault has a Ready replacement.
func awaitReplaced(t *testing.T, bus *natsbus.Bus, fault string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last events.RecoveryMarked
	filter := events.Filter{Correlation: fault, Types: []string{events.RecoveryMarkedTopic.Type()}, Since: time.Now().Add(-time.Hour)}
	err := bus.Watch(ctx, filter, func(e events.Envelope) bool {
		_, last, _ = events.RecoveryMarkedTopic.Parse(e)
		return last.Mark != events.MarkReplacementReady
	})
	if err != nil || last.Mark != events.MarkReplacementReady {
		t.Fatalf("no replacement for fault %s, the last mark is %q: %v", fault, last.Mark, err)
	}
}

// createSlow makes an environment whose pods serve on for half a minute after they
// were told to end, so that a kill stays open for as long.
func createSlow(t *testing.T, bus *natsbus.Bus, name string) {
	t.Helper()
	d := environment(name)
	api := d.Spec.Components["api"]
	two := 2
	api.Replicas, api.Env = &two, map[string]envs.Variable{"SHUTDOWN_DELAY": {Text: "30s"}}
	grace := events.Duration(40 * time.Second)
	api.TerminationGracePeriod = &grace
	d.Spec.Components = map[string]envs.Component{}
	for i := range openFaults {
		d.Spec.Components[fmt.Sprintf("api%d", i)] = api
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	meta := stamp().First(name + "-create")
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), bus, meta, events.EnvironmentCreate{Name: name, Spec: raw}); err != nil {
		t.Fatal(err)
	}
	await(t, bus, events.EnvironmentReadyTopic, meta.Correlation, events.EnvironmentFailedTopic.Type(), events.EnvironmentRejectedTopic.Type())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		out, err := exec.CommandContext(ctx, "kubectl", "--kubeconfig", sandboxtest.Kubeconfig(t), "delete", "namespace", name, "--wait=false").CombinedOutput()
		if err != nil {
			t.Errorf("delete namespace %s: %v\n%s", name, err, out)
		}
	})
}

// report prints figures as a benchmark does.
func report(t *testing.T, name string, figures map[string]float64) {
	t.Helper()
	line := "Benchmark" + name + "\t1"
	for _, unit := range []string{"store-MB", "idle-core", "resident-KiB", "list-ms", "page-ms", "show-ms", "stop-ms"} {
		if v, ok := figures[unit]; ok {
			line += fmt.Sprintf("\t%.3f %s", v, unit)
		}
	}
	t.Log(line)
	fmt.Fprintln(os.Stdout, line)
}
