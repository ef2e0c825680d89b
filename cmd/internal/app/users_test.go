package app

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/notify"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	accounts "github.com/shakedown-dev/shakedown/deploy/nats"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/events/webhook"
)

// TestEveryServiceUnderItsUser runs all services as processes would that each have their
// own user of a cluster with the configuration of the repository. Requests come in by every
// way there is, each ends with its outcome, and the user who only reads sees all of it. In
// a cluster where nothing can be changed every outcome is a refusal or a failure.
func TestEveryServiceUnderItsUser(t *testing.T) {
	option, ca := configured(t)
	url := natsbustest.ServeCluster(t, option).URL()
	w := newWorld(t)
	w.kubernetes = readOnly(t)
	notifier, told := tellAll(t)
	w.documents = append(w.documents, notifier)
	var hooks string
	for _, u := range accounts.Users() {
		if u.Serves {
			hooks = serveAs(t, u.Name, as(u.Name, url, ca), w)
		}
	}
	bus := func(user string) *natsbus.Bus {
		return natsbustest.Connect(t, as(user, url, ca), func(c *natsbus.Config) { c.Visit = true })
	}
	people := bus("people")
	askForAll(t, hooks, bus("operator"), bus("envs"), bus("experiments"))
	wantOutcomes(t, people)
	wantAnswers(t, people)
	select {
	case <-told:
	case <-time.After(patience):
		t.Error("no notifier was told of a run")
	}
	if list, err := people.DeadLetters(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("dead letters %+v, %v", list, err)
	}
	wantBuckets(t, bus("envs"))
}

// tellAll is a notifier that tells every end of a run to a webhook, and what the webhook got.
func tellAll(t *testing.T) (d spec.Document, told <-chan struct{}) {
	t.Helper()
	posts := make(chan struct{}, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case posts <- struct{}{}:
		default: // one is enough
		}
	}))
	t.Cleanup(hook.Close)
	n := &notify.Document{Spec: notify.Spec{
		Format: notify.FormatJSON, URL: notify.Value{Value: hook.URL}, On: []string{"run-failed", "run-inconclusive", "run-not-run", "run-aborted"},
	}}
	n.Metadata.Name = "team"
	return spec.Document{Kind: notify.Kind, Name: "team", Value: n}, posts
}

func request(about string) events.Meta {
	return events.Meta{ID: about, Source: "test", Time: time.Now(), Correlation: about}
}

// askForAll asks each service for something, as those do who may.
func askForAll(t *testing.T, hooks string, operator, envs, experiments *natsbus.Bus) {
	t.Helper()
	postBuild(t, hooks)
	for about, publish := range requests(t.Context(), operator, envs, experiments) {
		if err := publish(request(about)); err != nil {
			t.Errorf("%s: %v", about, err)
		}
	}
	if _, err := events.StopCall.Ask(t.Context(), operator, request("stop"), events.StopRequest{Reason: "test"}); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// requests are one for each service, as those publish it who may.
func requests(ctx context.Context, operator, envs, experiments *natsbus.Bus) map[string]func(events.Meta) error {
	environment := json.RawMessage(`{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"e"},"spec":{"components":{"api":{"image":"shop:v1"}}}}`)
	cluster := json.RawMessage(`{"apiVersion":"shakedown.dev/v1","kind":"Cluster","metadata":{"name":"c"},"spec":{"driver":"existing","existing":{"kubeconfig":"/nowhere"}}}`)
	experiment := json.RawMessage(`{"apiVersion":"shakedown.dev/v1","kind":"Experiment","metadata":{"name":"x"},"spec":{
		"hypothesis":[{"name":"up","prometheus":{"query":"up","compare":">=","value":1},"must":"hold"}],
		"method":[{"fault":"pod-kill","target":{"component":"api"}}]}}`)
	return map[string]func(events.Meta) error{
		"create": func(m events.Meta) error {
			return events.EnvironmentCreateTopic.Publish(ctx, operator, m, events.EnvironmentCreate{Name: "e", Spec: environment})
		},
		"cluster": func(m events.Meta) error {
			return events.ClusterCreateTopic.Publish(ctx, operator, m, events.ClusterCreate{Name: "c", Spec: cluster})
		},
		"run": func(m events.Meta) error {
			return events.RunStartTopic.Publish(ctx, operator, m, events.RunStart{Run: "run", Spec: experiment, Environment: "nowhere", Trigger: "command"})
		},
		"seed": func(m events.Meta) error {
			return events.EnvironmentProvisionedTopic.Publish(ctx, envs, m, events.Environment{Name: "e", Seed: "nothing"})
		},
		"fault": func(m events.Meta) error {
			return events.FaultInjectTopic.Publish(ctx, experiments, m, events.FaultInject{Fault: "fault", Run: "run", Kind: "pod-kill", Namespace: "nowhere", Target: events.FaultTarget{Labels: "a=b"}, Budget: events.Duration(time.Second)})
		},
	}
}

// postBuild is what CI does.
func postBuild(t *testing.T, hooks string) {
	t.Helper()
	body := []byte(`{"project":"shop","revision":"4f1c2e9","template":"nothing","components":{"api":"shop:v1"}}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hooks+"/v1/hooks/ci", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = webhook.Sign(userPassword, time.Now(), body)
	answer, err := new(http.Client).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Errorf("the webhook answers %s", answer.Status)
	}
}

// wantOutcomes waits for the event with which each service ends what it was asked for.
func wantOutcomes(t *testing.T, people *natsbus.Bus) {
	t.Helper()
	missing := map[string]bool{
		events.BuildSucceededTopic.Type(): true, events.EnvironmentRejectedTopic.Type(): true, events.EnvironmentFailedTopic.Type(): true,
		events.CopyRefusedTopic.Type(): true, events.RunFinishedTopic.Type(): true, events.FaultRevertedTopic.Type(): true,
		events.ClusterFailedTopic.Type(): true, events.StopEngagedTopic.Type(): true,
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := people.Watch(ctx, events.Filter{Since: time.Now().Add(-time.Hour)}, func(e events.Envelope) bool {
		t.Logf("%s: %s", e.Type, e.Data)
		delete(missing, e.Type)
		return len(missing) > 0
	})
	if err != nil || len(missing) > 0 {
		t.Errorf("no event %v, %v", slices.Sorted(maps.Keys(missing)), err)
	}
}

// wantAnswers asks what each service answers.
func wantAnswers(t *testing.T, people *natsbus.Bus) {
	t.Helper()
	m := request("question")
	record, err := events.RunShowCall.Ask(t.Context(), people, m, events.RunQuery{Run: "run"})
	if err != nil || len(record.Record) == 0 {
		t.Errorf("the record: %+v, %v", record, err)
	}
	if stop, err := events.StopStateCall.Ask(t.Context(), people, m, events.Nothing{}); err != nil || !stop.Engaged {
		t.Errorf("the stop: %+v, %v", stop, err)
	}
	if _, err := events.EnvironmentListCall.Ask(t.Context(), people, m, events.Nothing{}); err != nil {
		t.Error(err)
	}
	if _, err := events.ClusterListCall.Ask(t.Context(), people, m, events.Nothing{}); err != nil {
		t.Error(err)
	}
	if _, err := events.StoreUsageCall.Ask(t.Context(), people, m, events.Nothing{}); err != nil {
		t.Error(err)
	}
}

// wantBuckets wants those of the rows and no others on the server.
func wantBuckets(t *testing.T, server *natsbus.Bus) {
	t.Helper()
	usage, err := server.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range usage.Buckets {
		got = append(got, b.Bucket)
	}
	want := []string{"stream/events", "stream/dead-letters", "installation", "leaders", "leaders_ended"}
	for _, u := range accounts.Users() {
		want = append(want, u.Buckets...)
		for _, o := range u.Objects {
			want = append(want, "objects/"+o)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("buckets (-rows +server):\n%s", diff)
	}
}

// TestNoUserDoesTheWorkOfAnother: what one user may do, is refused to all others, and so is
// what nobody may. All of it is tried.
func TestNoUserDoesTheWorkOfAnother(t *testing.T) {
	option, ca := configured(t)
	o := natsbustest.Options(t)
	option(o)
	url := natsbustest.Serve(t, o).ClientURL()
	for _, u := range accounts.Users() {
		t.Run(u.Name, func(t *testing.T) {
			c := knock(t, as(u.Name, strings.Replace(url, "tls://", "nats://", 1), ca))
			for subject, may := range publishing() {
				c.want(t, "Publish", subject, slices.Contains(may, u.Name), func() error { return c.nc.Publish(subject, nil) })
			}
			for subject, may := range subscribing() {
				c.want(t, "Subscription", subject, slices.Contains(may, u.Name), func() error {
					_, err := c.nc.SubscribeSync(subject)
					return err
				})
			}
		})
	}
}
