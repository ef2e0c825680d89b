package envs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shakedown-dev/shakedown/events"
)

// Bounds of a document. It is kept in an annotation, and Kubernetes allows 256 KiB
// for all annotations of an object together.
const (
	maxSpec     = 200 << 10
	maxReplicas = 1000
	maxSeconds  = 86400
)

// Validate reports everything that is wrong with the document, by key.
func (d Document) Validate() events.Problems {
	c := checker{d.Check(Kind)}
	c.labels("metadata.labels", d.Metadata.Labels)
	c.Check(!strings.ContainsFunc(d.Spec.Project, unicode.IsControl), "spec.project", "has control characters")
	c.Check(d.Spec.TTL >= 0, "spec.ttl", "is negative")
	c.Check(d.Spec.Seed == "" || events.IsDNSLabel(d.Spec.Seed), "spec.seed", "%q is not the name of a DataCopy", d.Spec.Seed)
	c.Check(slices.Contains([]string{"", OnDeployWait, OnDeployAbort}, d.Spec.Chaos.OnDeploy), "spec.chaos.onDeploy",
		"is %q, want %s or %s", d.Spec.Chaos.OnDeploy, OnDeployWait, OnDeployAbort)
	c.Check(len(d.Spec.Components) > 0, "spec.components", "is empty: an environment has at least one component")
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Components)) {
		c.component(name, d.Spec.Components[name])
	}
	raw, err := json.Marshal(d)
	c.Check(err == nil && len(raw) <= maxSpec, "spec", "is %d bytes long, at most %d fit", len(raw), maxSpec)
	return c.Problems
}

// checker collects what is wrong with a document.
type checker struct{ events.Problems }

func (c *checker) component(name string, comp Component) {
	key := "spec.components." + name
	c.Check(isServiceLabel(name), key,
		"name %q is not a DNS label: at most 63 of a-z, 0-9 and '-', begins with a letter and does not end with '-'", name)
	c.CheckImage(key+".image", comp.Image)
	c.Check(comp.Wanted() >= 0, key+".replicas", "is %d, want 0 or more", comp.Wanted())
	c.Check(comp.Wanted() <= maxReplicas, key+".replicas", "is %d, want at most %d", comp.Wanted(), maxReplicas)
	hold := comp.minReady()
	c.Check(hold >= 0 && hold <= maxMinReady, key+".minReadySeconds", "is %d, want 0 to %d", hold, maxMinReady)
	c.variables(key+".env", comp.Env)
	c.arguments(key+".command", comp.Command)
	c.arguments(key+".args", comp.Args)
	c.ports(key+".ports", comp.Ports)
	c.probe(key+".probes.readiness", comp.Probes.Readiness, true)
	c.probe(key+".probes.liveness", comp.Probes.Liveness, false)
	c.probe(key+".probes.startup", comp.Probes.Startup, false)
	c.resources(key+".resources", comp.Resources)
	c.labels(key+".labels", comp.Labels)
	c.annotations(key+".annotations", comp.Annotations)
	if g := comp.TerminationGracePeriod; g != nil {
		c.Check(*g >= 0, key+".terminationGracePeriod", "is negative")
		c.Check(g.Std()%time.Second == 0, key+".terminationGracePeriod", "is %s, want whole seconds", g)
	}
}

func (c *checker) ports(key string, ports []Port) {
	names, numbers := map[string]bool{}, map[string]bool{}
	for i, p := range ports {
		at := fmt.Sprintf("%s[%d]", key, i)
		c.port(at+".port", p.Port)
		if p.TargetPort != 0 {
			c.port(at+".targetPort", p.TargetPort)
		}
		c.Check(slices.Contains([]string{"", "TCP", "UDP", "SCTP"}, p.Protocol), at+".protocol", "is %q, want TCP, UDP or SCTP", p.Protocol)
		c.Check(p.Name != "" || len(ports) == 1, at+".name", "is missing: with several ports each needs a name")
		c.Check(p.Name == "" || isPortName(p.Name), at+".name",
			"%q is not a port name: at most 15 of a-z, 0-9 and '-', with a letter", p.Name)
		c.Check(p.Name == "" || !names[p.Name], at+".name", "%q is used twice", p.Name)
		number := fmt.Sprintf("%d/%s", p.Port, cmp.Or(p.Protocol, "TCP"))
		c.Check(!numbers[number], at+".port", "%s is used twice", number)
		names[p.Name], numbers[number] = true, true
	}
}

func isPortName(s string) bool {
	return events.IsDNSLabel(s) && len(s) <= 15 && strings.ContainsFunc(s, isLower) && !strings.Contains(s, "--")
}

func (c *checker) port(key string, n int) {
	c.Check(n >= 1 && n <= 65535, key, "is %d, want 1 to 65535", n)
}

func (c *checker) probe(key string, p *Probe, severalSuccesses bool) {
	if p == nil {
		return
	}
	kinds := 0
	if p.HTTPGet != nil {
		kinds++
		c.port(key+".httpGet.port", p.HTTPGet.Port)
		c.Check(p.HTTPGet.Path == "" || p.HTTPGet.Path[0] == '/', key+".httpGet.path", "%q does not begin with '/'", p.HTTPGet.Path)
		c.Check(slices.Contains([]string{"", "HTTP", "HTTPS"}, p.HTTPGet.Scheme), key+".httpGet.scheme", "is %q, want HTTP or HTTPS", p.HTTPGet.Scheme)
	}
	if p.TCP != nil {
		kinds++
		c.port(key+".tcp.port", p.TCP.Port)
	}
	if p.Exec != nil {
		kinds++
		c.Check(len(p.Exec.Command) > 0, key+".exec.command", "is missing")
	}
	c.Check(kinds == 1, key, "has %d of httpGet, tcp and exec, want exactly one", kinds)
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
		c.Check(n.value >= 0 && n.value <= maxSeconds, key+"."+n.name, "is %d, want 0 to %d", n.value, maxSeconds)
	}
	c.Check(severalSuccesses || p.SuccessThreshold <= 1, key+".successThreshold", "is %d, want 1: only readiness may ask for more", p.SuccessThreshold)
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
		c.Check(asked.Cmp(limit) <= 0, key+".requests."+name, "%s is more than the limit %s", r.Requests[name], r.Limits[name])
	}
}

// quantities checks a list of resources and returns the names whose quantity parses.
func (c *checker) quantities(key string, list map[string]Quantity) []string {
	var good []string
	for _, name := range slices.Sorted(maps.Keys(list)) {
		c.Check(isResource(name), key+"."+name, "%q is no resource: want cpu, memory, ephemeral-storage or domain/name", name)
		value, err := quantity(list[name])
		if err != nil {
			c.Add(key+"."+name, "%s", err)
			continue
		}
		if isBytes(name) {
			why := tooSmall(list[name], value)
			c.Check(why == "", key+"."+name, "%s", why)
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

// isBytes says whether a resource is counted in bytes.
func isBytes(name string) bool { return name == "memory" || name == "ephemeral-storage" }

func (c *checker) labels(key string, labels map[string]string) {
	c.annotations(key, labels)
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		c.Check(isLabelValue(labels[k]), key+"."+k, "%q is not a label value: at most 63 of A-Z, a-z, 0-9, '-', '_' and '.'", labels[k])
	}
}

func (c *checker) annotations(key string, annotations map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(annotations)) {
		c.Check(isLabelKey(k), key+"."+k, "%q is not a name such as team or example.com/team", k)
		c.Check(!isReserved(k), key+"."+k, "is ours: %s is set by shakedown", k)
	}
}

func isReserved(key string) bool {
	return strings.HasPrefix(key, events.LabelPrefix) ||
		slices.Contains([]string{events.LabelManagedBy, events.LabelComponent, "kubernetes.io/metadata.name", "pod-template-hash"}, key)
}
