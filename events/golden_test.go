package events_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

// wire is a topic or a call as the golden files show it.
type wire struct {
	variable string
	name     string
	// sample has every field set, so that a new field changes the file.
	sample any
	// again reads the file's form back and writes it once more.
	again func([]byte) (any, error)
}

func topic[T any](variable string, t events.Topic[T]) wire {
	payload := sample[T]()
	e, err := t.Envelope(events.Meta{
		ID: "id", Source: "shakedown/source", Time: moment(), Correlation: "correlation", Causation: "causation",
	}, payload)
	if err != nil {
		panic(err)
	}
	return wire{variable, strings.TrimPrefix(t.Type(), events.Prefix), e, func(raw []byte) (any, error) {
		e, err := events.Decode(raw)
		if err != nil {
			return nil, err
		}
		meta, payload, err := t.Parse(e)
		if err != nil {
			return nil, err
		}
		return t.Envelope(meta, payload)
	}}
}

// asked is a call's request and answer in one file.
type asked[Req, Resp any] struct {
	Request Req  `json:"request"`
	Answer  Resp `json:"answer"`
}

func call[Req, Resp any](variable string, c events.Call[Req, Resp]) wire {
	return wire{variable, strings.TrimPrefix(c.Type(), events.Prefix) + ".call", sample[asked[Req, Resp]](), func(raw []byte) (any, error) {
		var a asked[Req, Resp]
		err := json.Unmarshal(raw, &a)
		return a, err
	}}
}

func moment() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC) }

func wires() []wire {
	return []wire{
		topic("BuildSucceededTopic", events.BuildSucceededTopic),

		topic("CopyStartTopic", events.CopyStartTopic),
		topic("CopyProgressedTopic", events.CopyProgressedTopic),
		topic("CopyFinishedTopic", events.CopyFinishedTopic),
		topic("CopyRefusedTopic", events.CopyRefusedTopic),

		topic("ScheduleAppliedTopic", events.ScheduleAppliedTopic),
		topic("ScheduleDeletedTopic", events.ScheduleDeletedTopic),
		topic("PlanMadeTopic", events.PlanMadeTopic),
		topic("PlanFailedTopic", events.PlanFailedTopic),
		topic("StartDecidedTopic", events.StartDecidedTopic),
		call("ScheduleApplyCall", events.ScheduleApplyCall),
		call("ScheduleDeleteCall", events.ScheduleDeleteCall),
		call("ScheduleListCall", events.ScheduleListCall),
		call("ScheduleShowCall", events.ScheduleShowCall),
		call("PlanListCall", events.PlanListCall),
		call("StartVetoCall", events.StartVetoCall),
		call("TargetExplainCall", events.TargetExplainCall),

		topic("EnvironmentCreateTopic", events.EnvironmentCreateTopic),
		topic("EnvironmentDestroyTopic", events.EnvironmentDestroyTopic),
		topic("EnvironmentProgressedTopic", events.EnvironmentProgressedTopic),
		topic("EnvironmentProvisionedTopic", events.EnvironmentProvisionedTopic),
		topic("EnvironmentReadyTopic", events.EnvironmentReadyTopic),
		topic("EnvironmentFailedTopic", events.EnvironmentFailedTopic),
		topic("EnvironmentRejectedTopic", events.EnvironmentRejectedTopic),
		topic("EnvironmentDestroyedTopic", events.EnvironmentDestroyedTopic),
		topic("EnvironmentExpiringTopic", events.EnvironmentExpiringTopic),
		call("EnvironmentDiffCall", events.EnvironmentDiffCall),
		call("EnvironmentExtendCall", events.EnvironmentExtendCall),
		call("EnvironmentAdoptCall", events.EnvironmentAdoptCall),
		call("EnvironmentListCall", events.EnvironmentListCall),
		call("EnvironmentShowCall", events.EnvironmentShowCall),

		topic("FaultInjectTopic", events.FaultInjectTopic),
		topic("FaultRevertTopic", events.FaultRevertTopic),
		topic("FaultInjectedTopic", events.FaultInjectedTopic),
		topic("FaultRefusedTopic", events.FaultRefusedTopic),
		topic("FaultFailedTopic", events.FaultFailedTopic),
		topic("FaultRevertedTopic", events.FaultRevertedTopic),
		topic("RecoveryMarkedTopic", events.RecoveryMarkedTopic),
		topic("StopEngagedTopic", events.StopEngagedTopic),
		topic("StopReleasedTopic", events.StopReleasedTopic),
		call("StopCall", events.StopCall),
		call("ResumeCall", events.ResumeCall),
		call("StopStateCall", events.StopStateCall),
		call("LedgerListCall", events.LedgerListCall),
		call("FaultKindsCall", events.FaultKindsCall),
		call("FaultPlanCall", events.FaultPlanCall),
		topic("EnvironmentArmedTopic", events.EnvironmentArmedTopic),
		topic("EnvironmentDisarmedTopic", events.EnvironmentDisarmedTopic),
		call("ArmCall", events.ArmCall),
		call("DisarmCall", events.DisarmCall),
		call("ArmListCall", events.ArmListCall),

		topic("ClusterCreateTopic", events.ClusterCreateTopic),
		topic("ClusterDestroyTopic", events.ClusterDestroyTopic),
		topic("ClusterProgressedTopic", events.ClusterProgressedTopic),
		topic("ClusterReadyTopic", events.ClusterReadyTopic),
		topic("ClusterFailedTopic", events.ClusterFailedTopic),
		topic("ClusterDestroyedTopic", events.ClusterDestroyedTopic),
		call("ClusterListCall", events.ClusterListCall),
		call("ClusterPlanCall", events.ClusterPlanCall),
		call("ClusterShowCall", events.ClusterShowCall),
		call("NodePowerCall", events.NodePowerCall),

		call("StoreUsageCall", events.StoreUsageCall),
		call("ServiceListCall", events.ServiceListCall),

		topic("RunStartTopic", events.RunStartTopic),
		topic("RunStartedTopic", events.RunStartedTopic),
		topic("RunProgressedTopic", events.RunProgressedTopic),
		topic("RunFinishedTopic", events.RunFinishedTopic),
		call("RunAbortCall", events.RunAbortCall),
		call("RunListCall", events.RunListCall),
		call("RunShowCall", events.RunShowCall),
	}
}

// TestWireFormat compares every topic and call with its golden file. Within a
// version a file may only gain fields.
func TestWireFormat(t *testing.T) {
	for _, w := range wires() {
		t.Run(w.name, func(t *testing.T) {
			raw := indent(t, w.sample)
			golden.Equal(t, w.name+".json", raw)
			back, err := w.again(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(raw), string(indent(t, back))); diff != "" {
				t.Errorf("reading and writing it changes it:\n%s", diff)
			}
		})
	}
}

func indent(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// TestEveryTopicHasAGoldenFile finds the topics and calls in the source, and
// wants each in the table above, each with a name of its own, and no other files.
func TestEveryTopicHasAGoldenFile(t *testing.T) {
	var listed, files []string
	for _, w := range wires() {
		listed = append(listed, w.variable)
		files = append(files, w.name+".json")
	}
	slices.Sort(listed)
	if diff := cmp.Diff(declared(t), listed); diff != "" {
		t.Errorf("declared in the package, listed in wires (-declared +listed):\n%s", diff)
	}
	slices.Sort(files)
	if unique := slices.Compact(slices.Clone(files)); len(unique) != len(files) {
		t.Error("two topics have one name")
	}
	entries, err := fs.Glob(os.DirFS("testdata"), "v*.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, entries); diff != "" {
		t.Errorf("golden files (-wanted +there):\n%s", diff)
	}
}

// declared are the package's variables whose value is made by define or ask.
func declared(t *testing.T) []string {
	t.Helper()
	sources, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && !strings.HasSuffix(source, "_test.go") {
				for i, value := range spec.Values {
					if maker := maker(value); maker == "define" || maker == "ask" {
						names = append(names, spec.Names[i].Name)
					}
				}
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

// maker is the name of the function that a value is the result of.
func maker(value ast.Expr) string {
	made, ok := value.(*ast.CallExpr)
	if !ok {
		return ""
	}
	called := made.Fun
	switch generic := called.(type) {
	case *ast.IndexExpr:
		called = generic.X
	case *ast.IndexListExpr:
		called = generic.X
	}
	if name, ok := called.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// TestTopicNames holds every name to v<N>.<service>.<noun>.<verb>.
func TestTopicNames(t *testing.T) {
	for _, w := range wires() {
		parts := strings.Split(strings.TrimSuffix(w.name, ".call"), ".")
		if len(parts) != 4 || parts[0] != "v1" || slices.ContainsFunc(parts, func(p string) bool { return p == "" || p != strings.ToLower(p) }) {
			t.Errorf("%s is called %s", w.variable, w.name)
		}
	}
}

func sample[T any]() T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), "value")
	return v
}

// fill sets every field to something that is not its zero value.
func fill(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(moment()))
		return
	case events.Duration:
		v.Set(reflect.ValueOf(events.Duration(90 * time.Second)))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"any":"document"}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.25)
	case reflect.Uint64:
		v.SetUint(1<<63 + 1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, "value")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), value)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			fill(v.Field(i), tag)
		}
	default:
		panic("no sample for a " + v.Type().String())
	}
}

// TestEnvelopeIgnoresWhatItDoesNotKnow reads an event of a later version.
func TestEnvelopeIgnoresWhatItDoesNotKnow(t *testing.T) {
	raw := []byte(`{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2026-01-02T03:04:05Z","traceparent":"00","data":{"name":"x","new":1}}`)
	e, err := events.Decode(raw)
	if err != nil || !bytes.Contains(e.Data, []byte("new")) {
		t.Errorf("got %+v, %v", e, err)
	}
}
