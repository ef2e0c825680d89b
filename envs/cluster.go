package envs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Cluster is the cluster that environments live in. Its methods may be called at
// the same time from several goroutines and return soon after ctx ends. Errors:
// *events.Error, of KindRefused when the cluster forbids it or an object is not
// ours, of KindUnavailable when it cannot be reached; these last are worth
// another try, and so is any error that is no *events.Error.
type Cluster interface {
	Objects
	Watcher
	Witness
}

// Objects reads and changes the objects of an environment.
type Objects interface {
	// Observe reads the namespace and the Deployments and Services in it, ours and
	// others'. The objects of a namespace that no installation has made are not read.
	Observe(ctx context.Context, namespace string) (Current, error)
	// Apply brings one object into the form of the manifest and returns it as it
	// is afterwards. Fields that others manage stay. It changes the version that was
	// read, old, and no other of its name; without an old one it makes a new object.
	// When there is another version by then, or an object where none was, check is
	// asked about that one: its error ends Apply, and nothing is changed. KindInvalid:
	// the object breaks a rule of the cluster; KindUnavailable: it was made anew
	// meanwhile, or is gone, so that everything is to be read again.
	Apply(ctx context.Context, o Object, old Live, check Check) (Live, error)
	// Preview is what Apply would make of an object that was read, whatever version of it
	// is there by now; nothing is changed. check is asked about that version. KindUnavailable:
	// as of Apply.
	Preview(ctx context.Context, o Object, old Live, check Check) (Preview, error)
	// Remove deletes the version of the object that was read, and no other of its
	// name; check is asked as by Apply. An object that is gone already is no error.
	Remove(ctx context.Context, o Live, check Check) error
	// Mark sets labels and annotations of an object, and leaves all else as it is; old
	// and check are as for Apply.
	Mark(ctx context.Context, old Live, m Marks, check Check) (Live, error)
	// Foreign lists what is in the namespace of the owner and was made neither by him nor
	// by Kubernetes itself, of all kinds of objects that the cluster has.
	Foreign(ctx context.Context, owner events.Owner) (Foreign, error)
}

// Check refuses an object that may not be changed. It may be called at any time
// while the method runs that has it, and calls nothing itself.
type Check func(Live) error

// Marks are labels and annotations by their keys.
type Marks struct{ Labels, Annotations map[string]string }

// Watcher follows an environment.
type Watcher interface {
	// Watch calls show with the owner's environment as it is now, and again after each
	// change, one call at a time, until ctx ends or show returns false; it then
	// returns nil. It survives lost connections, and returns an error only when it
	// cannot read at all.
	Watch(ctx context.Context, owner events.Owner, show func(Snapshot) bool) error
	// AwaitGone returns when the namespace of that UID does not exist any more.
	// Errors: also ctx's.
	AwaitGone(ctx context.Context, namespace, uid string) error
	// List reads the environments of all installations, and those of none, with their
	// Deployments, by name.
	List(ctx context.Context) ([]Seen, error)
}

// Witness reports why something does not work.
type Witness interface {
	// Evidence is what a container said last and what happened to its pod. What
	// cannot be read is left out.
	Evidence(ctx context.Context, namespace, pod, container string) Evidence
	// Holders says, one line each, what keeps a namespace from going away.
	Holders(ctx context.Context, namespace string) ([]string, error)
}

// Ref names an object within its namespace.
type Ref struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// String is "deployment/api".
func (r Ref) String() string { return kindWord(r.Kind) + "/" + r.Name }

// Object is an object as it is wanted.
type Object struct {
	Ref
	// Namespace is empty for a Namespace.
	Namespace string
	// Manifest is the object as JSON, without a UID.
	Manifest json.RawMessage
}

// Live is an object as it is.
type Live struct {
	Ref
	Namespace       string
	UID             string
	ResourceVersion string
	Generation      int64
	Labels          map[string]string
	Annotations     map[string]string
}

// Preview is an object as it is, and as it would be, as JSON.
type Preview struct{ Is, Wanted json.RawMessage }

// Current is what there is under the name of an environment.
type Current struct {
	// Namespace is nil when there is none.
	Namespace *Live
	// Terminating says that the namespace is being deleted.
	Terminating bool
	// Objects are the Deployments and Services.
	Objects []Live
}

// Seen is an environment as List finds it.
type Seen struct {
	Namespace   Live
	Created     time.Time
	Terminating bool
	Deployments []Deployment
}

// Snapshot is an environment at one moment: our Deployments and their pods.
type Snapshot struct {
	Deployments []Deployment
	Pods        []Pod
}

// Deployment is a component as its Deployment reports it.
type Deployment struct {
	Name  string
	Image string
	// Version tells the template of its pods from others.
	Version string
	// Labels and Annotations are those of its pods, without ours.
	Labels, Annotations map[string]string
	// Generation is the spec's; Observed is that of the status below.
	Generation, Observed                        int64
	Wanted, Replicas, Updated, Ready, Available int
	// MinReady is how long a pod must be Ready to be Available.
	MinReady time.Duration
	// Complete says that the rollout of this spec has once come to its end.
	Complete bool
	// Stalled is what Kubernetes says of a rollout that it has given up, "" before that.
	Stalled string
	// Refused is why no pod can be made, such as a quota; "" when they can.
	Refused string
}

// Pod is a pod of a component.
type Pod struct {
	Name, Component, Node string
	// Created is the API server's time, to the second.
	Created time.Time
	Ready   bool
	// Terminating pods are being deleted; Finished ones run no more.
	Terminating, Finished bool
	// Unschedulable is the scheduler's message; "" when there is a node.
	Unschedulable string
	Containers    []Container
}

// The states of a container.
const (
	Waiting    = "waiting"
	Running    = "running"
	Terminated = "terminated"
)

// Container is a container of a pod.
type Container struct {
	Name, Image string
	Ready       bool
	Restarts    int
	// State is Waiting, Running or Terminated, with the kubelet's Reason and
	// Message; Since is when it began to run.
	State, Reason, Message string
	Since                  time.Time
	// Exit is the newest end of the container, nil before the first.
	Exit *Exit
}

// Exit is the end of a container. Message is what the runtime says of it.
type Exit struct {
	Code            int
	Reason, Message string
}

// Evidence is what there is to show about a container that does not work.
type Evidence struct {
	// Log are the last lines of the container, of its last end when it restarted.
	Log []string
	// Warnings are the newest messages about its pod by reason, such as Unhealthy.
	Warnings map[string]string
}
