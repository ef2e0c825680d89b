package envstest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// request is a create or a destroy that somebody has asked an installation for.
type request struct {
	by   *installation
	name string
	// doc is the environment that is wanted, nil for a destroy.
	doc *envs.Document
	// project is that of the build, "" for a person.
	project     string
	withForeign bool
	// ids are those of the events of which the end may speak.
	ids []string
	end end
}

// await waits until the request has ended.
func (q *request) await(ctx context.Context) (err error) {
	if q.end, err = q.by.ear.await(ctx, q.ids...); err != nil {
		err = fmt.Errorf("%w\nits row is %s", err, q.by.row(ctx, q.name))
	}
	return err
}

// String is what the script says of the end.
func (q *request) String() string {
	verb := "destroy"
	if q.doc != nil {
		verb = "create"
	}
	return fmt.Sprintf("(%s %s of %s %s: %s)", verb, q.ids[0], q.by.id, q.name, q.end.word)
}

// adoption is what a person has asked for.
type adoption struct {
	by         *installation
	name, from string
}

// document is an environment of these components, all with the image. None has a replica,
// so that it is ready when its objects are there.
func document(name, image, project string, ttl time.Duration, components ...string) envs.Document {
	d := envs.Document{Header: events.NewHeader(envs.Kind, name), Spec: envs.Spec{
		Chaos: envs.Chaos{Allow: true}, Project: project, TTL: events.Duration(ttl), Components: map[string]envs.Component{},
	}}
	for _, c := range components {
		d.Spec.Components[c] = envs.Component{Image: image, Replicas: new(0), MinReadySeconds: new(0), Ports: []envs.Port{{Port: 80}}}
	}
	return d
}

// ofQ is the template of project q alone.
const ofQ = "of-q"

func templates() map[string]envs.Document {
	return map[string]envs.Document{
		"shop": document("shop", "v0", "", 0, "api", "web"),
		ofQ:    document(ofQ, "v0", "q", time.Hour, "api"),
	}
}

// built is the document that a build stands for, nil when the template is another
// project's.
func built(b events.BuildSucceeded) (*envs.Document, error) {
	if b.Template == ofQ && b.Project != "q" {
		return nil, nil
	}
	create, err := envs.FromBuild(templates(), b)
	if err != nil {
		return nil, err
	}
	d, err := envs.Parse(create.Spec)
	return &d, err
}

// digests are the objects in the namespace that the installation makes of the document,
// with the digest that each carries.
func digests(d envs.Document, installation string) map[At]string {
	all := map[At]string{}
	for _, o := range d.WithDefaults().Objects(envs.Origin{Installation: installation}, "") {
		var m struct {
			Metadata struct{ Annotations map[string]string }
		}
		if err := json.Unmarshal(o.Manifest, &m); err != nil {
			panic(err)
		}
		if o.Kind != Namespace {
			all[At{Space: o.Namespace, Ref: o.Ref}] = m.Metadata.Annotations[envs.AnnotationDigest]
		}
	}
	return all
}
