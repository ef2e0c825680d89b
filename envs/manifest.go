package envs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Annotations by which an environment is known; the labels are those of events.
const (
	AnnotationSpec     = "shakedown.dev/spec"
	AnnotationCreated  = "shakedown.dev/created"
	AnnotationTTL      = "shakedown.dev/ttl"
	AnnotationEnds     = "shakedown.dev/ends"
	AnnotationProject  = "shakedown.dev/project"
	AnnotationTemplate = "shakedown.dev/template"
	AnnotationRevision = "shakedown.dev/revision"
	AnnotationSeeded   = "shakedown.dev/seeded"
	AnnotationDigest   = "shakedown.dev/digest"
)

// The kinds of objects that an environment consists of.
const (
	kindNamespace  = "Namespace"
	kindDeployment = "Deployment"
	kindService    = "Service"
)

type fields = map[string]any

// Objects are the objects that the document asks for: the namespace, then by
// name each component's Deployment and, where it has ports, its Service. The
// document must be valid and have its defaults; created is when the environment
// was first asked for.
func (d Document) Objects(from Origin, created string) []Object {
	objects := []Object{d.namespace(from, created)}
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Components)) {
		comp := d.Spec.Components[name]
		labels := d.ownLabels(name, from.Installation)
		objects = append(objects, d.object(kindDeployment, "apps/v1", labels, comp.deployment(name, d.podLabels(name), d.selector(name))))
		if len(comp.Ports) > 0 {
			objects = append(objects, d.object(kindService, "v1", labels, comp.service(d.selector(name))))
		}
	}
	return objects
}

func (d Document) namespace(from Origin, created string) Object {
	labels := fields{
		events.LabelManagedBy: events.Manager, events.LabelEnvironment: d.Metadata.Name, events.LabelInstallation: from.Installation,
	}
	for k, v := range d.Metadata.Labels {
		labels[k] = v
	}
	if d.Spec.Chaos.Allow {
		labels[events.LabelChaos] = events.ChaosAllowed
	}
	if d.Spec.Chaos.Protected {
		labels[events.LabelProtected] = "true"
	}
	annotations := fields{AnnotationSpec: string(mustJSON(d.withoutTexts())), AnnotationCreated: created}
	setIf(annotations, AnnotationProject, from.Project)
	setIf(annotations, AnnotationTemplate, from.Template)
	setIf(annotations, AnnotationRevision, from.Revision)
	setIf(annotations, AnnotationSeeded, from.Seeded)
	setIf(annotations, AnnotationEnds, from.Ends)
	if d.Spec.TTL > 0 {
		annotations[AnnotationTTL] = d.Spec.TTL.String()
	}
	return seal(Object{Ref: Ref{kindNamespace, d.Metadata.Name}}, fields{
		"apiVersion": "v1", "kind": kindNamespace,
		"metadata": fields{"name": d.Metadata.Name, "labels": labels, "annotations": annotations},
	})
}

func (d Document) object(kind, version string, labels, spec fields) Object {
	name := labels[events.LabelComponent].(string)
	return seal(Object{Ref: Ref{kind, name}, Namespace: d.Metadata.Name}, fields{
		"apiVersion": version, "kind": kind,
		"metadata": fields{
			"name": name, "namespace": d.Metadata.Name, "labels": labels, "annotations": fields{},
		},
		"spec": spec,
	})
}

// seal writes the manifest with a digest of itself, by which a plan knows what
// it would change.
func seal(o Object, manifest fields) Object {
	digest := events.Digest(string(mustJSON(manifest)))
	manifest["metadata"].(fields)["annotations"].(fields)[AnnotationDigest] = digest
	o.Manifest = mustJSON(manifest)
	return o
}

func (d Document) selector(component string) fields {
	return fields{events.LabelComponent: component, events.LabelEnvironment: d.Metadata.Name}
}

// podLabels are those of the pods that Kubernetes makes for a component. Whose they are
// their Deployment says: an environment that is adopted keeps its pods.
func (d Document) podLabels(component string) fields {
	labels := d.selector(component)
	labels[events.LabelManagedBy] = events.Manager
	return labels
}

func (d Document) ownLabels(component, installation string) fields {
	labels := d.podLabels(component)
	labels[events.LabelInstallation] = installation
	return labels
}

func (c Component) deployment(name string, labels, selector fields) fields {
	for k, v := range c.Labels {
		labels[k] = v
	}
	meta := fields{"labels": labels}
	if len(c.Annotations) > 0 {
		meta["annotations"] = c.Annotations
	}
	spec := fields{
		"replicas": c.Wanted(),
		"selector": fields{"matchLabels": selector},
		"strategy": fields{"type": "RollingUpdate", "rollingUpdate": fields{"maxUnavailable": 0, "maxSurge": fmt.Sprintf("%d%%", 100/turns)}},
		"template": fields{"metadata": meta, "spec": c.pod(name)},
	}
	if hold := c.minReady(); hold > 0 {
		spec["minReadySeconds"] = hold
	}
	return spec
}

// pod is the pod's spec. Components do not talk to the API server, so no token
// is mounted, and the variables that Kubernetes would add for each Service are
// kept out of the way of the component's own.
func (c Component) pod(name string) fields {
	pod := fields{
		"containers":                   []any{c.container(name)},
		"automountServiceAccountToken": false,
		"enableServiceLinks":           false,
	}
	if c.TerminationGracePeriod != nil {
		pod["terminationGracePeriodSeconds"] = int64(c.TerminationGracePeriod.Std() / time.Second)
	}
	return pod
}

func (c Component) container(name string) fields {
	container := fields{"name": name, "image": c.Image, "imagePullPolicy": "IfNotPresent"}
	setIf(container, "command", c.Command)
	setIf(container, "args", c.Args)
	if len(c.Env) > 0 {
		env := make([]any, 0, len(c.Env))
		for _, k := range slices.Sorted(maps.Keys(c.Env)) {
			env = append(env, c.Env[k].manifest(k))
		}
		container["env"] = env
	}
	if ports := c.containerPorts(); len(ports) > 0 {
		container["ports"] = ports
	}
	for name, p := range map[string]*Probe{
		"readinessProbe": c.Probes.Readiness, "livenessProbe": c.Probes.Liveness, "startupProbe": c.Probes.Startup,
	} {
		if p != nil {
			container[name] = p.manifest()
		}
	}
	resources := fields{}
	setIf(resources, "requests", c.Resources.Requests)
	setIf(resources, "limits", c.Resources.Limits)
	if len(resources) > 0 {
		container["resources"] = resources
	}
	return container
}

// containerPorts are the target ports, each once: several ports of a Service may
// lead to one port of the container.
func (c Component) containerPorts() []any {
	var ports []any
	seen := map[Port]bool{}
	for _, p := range c.Ports {
		key := Port{Port: p.TargetPort, Protocol: p.Protocol}
		if seen[key] {
			continue
		}
		seen[key] = true
		port := fields{"containerPort": p.TargetPort, "protocol": p.Protocol}
		setIf(port, "name", p.Name)
		ports = append(ports, port)
	}
	return ports
}

func (c Component) service(selector fields) fields {
	ports := make([]any, 0, len(c.Ports))
	for _, p := range c.Ports {
		port := fields{"port": p.Port, "targetPort": p.TargetPort, "protocol": p.Protocol}
		setIf(port, "name", p.Name)
		ports = append(ports, port)
	}
	return fields{"selector": selector, "ports": ports}
}

func (p Probe) manifest() fields {
	m := fields{}
	switch {
	case p.HTTPGet != nil:
		get := fields{"port": p.HTTPGet.Port, "path": cmp.Or(p.HTTPGet.Path, "/")}
		setIf(get, "scheme", p.HTTPGet.Scheme)
		m["httpGet"] = get
	case p.TCP != nil:
		m["tcpSocket"] = fields{"port": p.TCP.Port}
	case p.Exec != nil:
		m["exec"] = fields{"command": p.Exec.Command}
	}
	setIf(m, "initialDelaySeconds", p.InitialDelaySeconds)
	setIf(m, "periodSeconds", p.PeriodSeconds)
	setIf(m, "timeoutSeconds", p.TimeoutSeconds)
	setIf(m, "successThreshold", p.SuccessThreshold)
	setIf(m, "failureThreshold", p.FailureThreshold)
	return m
}

// setIf sets a field unless its value is empty.
func setIf(m fields, key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case int:
		if v == 0 {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case map[string]Quantity:
		if len(v) == 0 {
			return
		}
	}
	m[key] = value
}

// mustJSON writes what is known to be writable: maps, strings and numbers.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("envs: " + err.Error())
	}
	return raw
}

func kindWord(kind string) string { return strings.ToLower(kind) }

// digestOf is the digest that seal put into the manifest.
func digestOf(o Object) string {
	var m struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if json.Unmarshal(o.Manifest, &m) != nil {
		return ""
	}
	return m.Metadata.Annotations[AnnotationDigest]
}
