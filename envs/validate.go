package envs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// maxSpec bounds a document, which is kept in an annotation; Kubernetes allows
// 256 KiB for all annotations of an object together.
const maxSpec = 200 << 10

// Validate reports everything that is wrong with the document, by key.
func (d Document) Validate() events.Problems {
	var c checker
	c.check(d.APIVersion == APIVersion, "apiVersion", "is %q, want %q", d.APIVersion, APIVersion)
	c.check(d.Kind == Kind, "kind", "is %q, want %q", d.Kind, Kind)
	c.check(isLabel(d.Metadata.Name), "metadata.name",
		"%q is not a DNS label: at most 63 of a-z, 0-9 and '-', not '-' at either end", d.Metadata.Name)
	c.labels("metadata.labels", d.Metadata.Labels)
	c.check(d.Spec.TTL >= 0, "spec.ttl", "is negative")
	c.check(d.Spec.Seed == "" || isLabel(d.Spec.Seed), "spec.seed", "%q is not the name of a DataCopy", d.Spec.Seed)
	c.check(len(d.Spec.Components) > 0, "spec.components", "is empty: an environment has at least one component")
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Components)) {
		c.component(name, d.Spec.Components[name])
	}
	raw, err := json.Marshal(d)
	c.check(err == nil && len(raw) <= maxSpec, "spec", "is %d bytes long, at most %d fit", len(raw), maxSpec)
	return c.problems
}

type checker struct{ problems events.Problems }

func (c *checker) check(ok bool, key, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) component(name string, comp Component) {
	key := "spec.components." + name
	c.check(isServiceLabel(name), key,
		"name %q is not a DNS label: at most 63 of a-z, 0-9 and '-', begins with a letter and does not end with '-'", name)
	c.check(comp.Image != "", key+".image", "is missing")
	c.check(!strings.ContainsFunc(comp.Image, isSpace), key+".image", "%q contains white space", comp.Image)
	c.check(comp.Wanted() >= 0, key+".replicas", "is %d, want 0 or more", comp.Wanted())
	c.check(comp.Wanted() <= maxReplicas, key+".replicas", "is %d, want at most %d", comp.Wanted(), maxReplicas)
	for _, v := range slices.Sorted(maps.Keys(comp.Env)) {
		c.check(isVariable(v), key+".env."+v, "%q is not the name of an environment variable", v)
	}
	c.ports(key+".ports", comp.Ports)
	c.probe(key+".probes.readiness", comp.Probes.Readiness, true)
	c.probe(key+".probes.liveness", comp.Probes.Liveness, false)
	c.probe(key+".probes.startup", comp.Probes.Startup, false)
	c.resources(key+".resources", comp.Resources)
	c.labels(key+".labels", comp.Labels)
	c.annotations(key+".annotations", comp.Annotations)
	if g := comp.TerminationGracePeriod; g != nil {
		c.check(*g >= 0, key+".terminationGracePeriod", "is negative")
		c.check(g.Std()%second == 0, key+".terminationGracePeriod", "is %s, want whole seconds", g)
	}
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

func (c *checker) ports(key string, ports []Port) {
	names, numbers := map[string]bool{}, map[string]bool{}
	for i, p := range ports {
		at := fmt.Sprintf("%s[%d]", key, i)
		c.port(at+".port", p.Port)
		if p.TargetPort != 0 {
			c.port(at+".targetPort", p.TargetPort)
		}
		c.check(slices.Contains([]string{"", "TCP", "UDP", "SCTP"}, p.Protocol), at+".protocol", "is %q, want TCP, UDP or SCTP", p.Protocol)
		c.check(p.Name != "" || len(ports) == 1, at+".name", "is missing: with several ports each needs a name")
		c.check(p.Name == "" || isPortName(p.Name), at+".name",
			"%q is not a port name: at most 15 of a-z, 0-9 and '-', with a letter", p.Name)
		c.check(p.Name == "" || !names[p.Name], at+".name", "%q is used twice", p.Name)
		number := fmt.Sprintf("%d/%s", p.Port, cmpOr(p.Protocol, "TCP"))
		c.check(!numbers[number], at+".port", "%s is used twice", number)
		names[p.Name], numbers[number] = true, true
	}
}

func isPortName(s string) bool {
	return isLabel(s) && len(s) <= 15 && strings.ContainsFunc(s, isLower) && !strings.Contains(s, "--")
}

func (c *checker) port(key string, n int) {
	c.check(n >= 1 && n <= 65535, key, "is %d, want 1 to 65535", n)
}

func (c *checker) probe(key string, p *Probe, severalSuccesses bool) {
	if p == nil {
		return
	}
	kinds := 0
	if p.HTTPGet != nil {
		kinds++
		c.port(key+".httpGet.port", p.HTTPGet.Port)
		c.check(p.HTTPGet.Path == "" || p.HTTPGet.Path[0] == '/', key+".httpGet.path", "%q does not begin with '/'", p.HTTPGet.Path)
		c.check(slices.Contains([]string{"", "HTTP", "HTTPS"}, p.HTTPGet.Scheme), key+".httpGet.scheme", "is %q, want HTTP or HTTPS", p.HTTPGet.Scheme)
	}
	if p.TCP != nil {
		kinds++
		c.port(key+".tcp.port", p.TCP.Port)
	}
	if p.Exec != nil {
		kinds++
		c.check(len(p.Exec.Command) > 0, key+".exec.command", "is missing")
	}
	c.check(kinds == 1, key, "has %d of httpGet, tcp and exec, want exactly one", kinds)
	for _, n := range []struct {
		name  string
		value int
	}{
		{"initialDelaySeconds", p.InitialDelaySeconds},
		{"periodSeconds", p.PeriodSeconds},
		{"timeoutSeconds", p.TimeoutSeconds},
		{"successThreshold", p.SuccessThreshold},
		{"failureThreshold", p.FailureThreshold},
	} {
		c.check(n.value >= 0 && n.value <= maxSeconds, key+"."+n.name, "is %d, want 0 to %d", n.value, maxSeconds)
	}
	c.check(severalSuccesses || p.SuccessThreshold <= 1, key+".successThreshold", "is %d, want 1: only readiness may ask for more", p.SuccessThreshold)
}

func (c *checker) resources(key string, r Resources) {
	requests := c.quantities(key+".requests", r.Requests)
	limits := c.quantities(key+".limits", r.Limits)
	for _, name := range requests {
		if !slices.Contains(limits, name) {
			continue
		}
		asked, _ := quantity(r.Requests[name])
		limit, _ := quantity(r.Limits[name])
		c.check(asked.Cmp(limit) <= 0, key+".requests."+name, "%s is more than the limit %s", r.Requests[name], r.Limits[name])
	}
}

// quantities checks a list of resources and returns the names whose quantity parses.
func (c *checker) quantities(key string, list map[string]string) []string {
	var good []string
	for _, name := range slices.Sorted(maps.Keys(list)) {
		c.check(isResource(name), key+"."+name, "%q is no resource: want cpu, memory, ephemeral-storage or domain/name", name)
		if _, err := quantity(list[name]); err != nil {
			c.check(false, key+"."+name, "%s", err)
			continue
		}
		good = append(good, name)
	}
	return good
}

func isResource(name string) bool {
	if slices.Contains([]string{"cpu", "memory", "ephemeral-storage"}, name) {
		return true
	}
	return strings.HasPrefix(name, "hugepages-") && isLabelKey(name) || strings.Contains(name, "/") && isLabelKey(name)
}

func (c *checker) labels(key string, labels map[string]string) {
	c.annotations(key, labels)
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		c.check(isLabelValue(labels[k]), key+"."+k, "%q is not a label value: at most 63 of A-Z, a-z, 0-9, '-', '_' and '.'", labels[k])
	}
}

func (c *checker) annotations(key string, annotations map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(annotations)) {
		c.check(isLabelKey(k), key+"."+k, "%q is not a name such as team or example.com/team", k)
		c.check(!isReserved(k), key+"."+k, "is ours: %s is set by shakedown", k)
	}
}

func isReserved(key string) bool {
	return strings.HasPrefix(key, ourPrefix) ||
		slices.Contains([]string{LabelManagedBy, LabelComponent, "kubernetes.io/metadata.name", "pod-template-hash"}, key)
}
