package envstest

import (
	"context"

	"github.com/shakedown-dev/shakedown/envs"
)

// The kinds of objects that a World has.
const (
	Namespace  = "Namespace"
	Deployment = "Deployment"
	Service    = "Service"
	ConfigMap  = "ConfigMap"
	Secret     = "Secret"
	Claim      = "PersistentVolumeClaim"
)

// Verb is what a service does to an object.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Update Verb = "update"
	Remove Verb = "remove"
)

// At is where an object is: in a namespace, or that namespace itself.
type At struct {
	Space string
	envs.Ref
}

// String is "deployment/api in namespace shop", or "namespace shop".
func (a At) String() string {
	if a.Kind == Namespace {
		return "namespace " + a.Space
	}
	return a.Ref.String() + " in namespace " + a.Space
}

func namespaceAt(space string) At {
	return At{Space: space, Ref: envs.Ref{Kind: Namespace, Name: space}}
}

// Thing is an object as it is.
type Thing struct {
	At
	UID                 string
	Labels, Annotations map[string]string
	// Rest is all else that a client of the cluster has written, as text.
	Rest string
}

// World is a cluster as those see it who know nothing of us. Its methods may be called at
// the same time.
type World interface {
	// Client is the cluster as a service has it. before is called right before each change
	// that the service makes.
	Client(before func(Verb, At)) (envs.Cluster, error)
	// Make makes an object. It says whether there was room: no other of the name, and the
	// namespace.
	Make(ctx context.Context, at At, labels map[string]string) (Thing, bool, error)
	// Label sets labels of the object of that UID, "" for any, and takes off those that are
	// "". It says whether it was there.
	Label(ctx context.Context, at At, uid string, labels map[string]string) (Thing, bool, error)
	// Delete deletes the object of that UID, "" for any, and a namespace with all that is in
	// it, and returns when it is gone. One that is gone already is no error.
	Delete(ctx context.Context, at At, uid string) error
	// Read is a namespace and all that is in it of the kinds above, without what the cluster
	// makes by itself.
	Read(ctx context.Context, space string) ([]Thing, error)
}
