package envs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// fakeDeployment is what the fake knows of a Deployment beside its manifest.
type fakeDeployment struct {
	image    string
	replicas int
	minReady time.Duration
	// began is when its pods began to run.
	began time.Time
	// before is the version that served when this one came, nil for none.
	before *fakeDeployment
}

// after is the Deployment when it takes the place of another version.
func (d fakeDeployment) after(old fakeDeployment) fakeDeployment {
	if old.before != nil {
		d.before = old.before
	}
	if old.serves() {
		d.before = &old
	}
	return d
}

// serves says whether its pods need nothing to be Ready but their time.
func (d fakeDeployment) serves() bool {
	return !slices.Contains([]string{"", "missing", "slow", "exits"}, d.image) && time.Since(d.began) >= d.minReady
}

func deploymentOf(o Object) fakeDeployment {
	var m struct {
		Spec struct {
			Replicas, MinReadySeconds int
			Template                  struct {
				Spec struct{ Containers []struct{ Image string } }
			}
		}
	}
	mustRead(o.Manifest, &m)
	return fakeDeployment{
		image: m.Spec.Template.Spec.Containers[0].Image, replicas: m.Spec.Replicas,
		minReady: time.Duration(m.Spec.MinReadySeconds) * time.Second, began: time.Now(),
	}
}

// moves says whether the Deployment changes by itself.
func (d fakeDeployment) moves() bool { return d.image == "exits" || d.minReady > 0 }

// tick is a moment at which the namespace may have changed by itself, nil for never.
func (c *fakeCluster) tick(name string) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ns := c.namespaces[name]; ns != nil {
		for _, d := range ns.deployments {
			if d.moves() {
				return time.After(250 * time.Millisecond)
			}
		}
	}
	return nil
}

func (c *fakeCluster) snapshot(name, installation string) Snapshot {
	var s Snapshot
	ns := c.namespaces[name]
	if ns == nil {
		return s
	}
	for r, o := range ns.objects {
		if r.Kind != kindDeployment || !events.IsOf(o.Labels, name) || o.Labels[events.LabelInstallation] != installation {
			continue
		}
		d, pods := c.rolled(r.Name, o.Generation, ns.deployments[r.Name])
		s.Deployments, s.Pods = append(s.Deployments, d), append(s.Pods, pods...)
	}
	slices.SortFunc(s.Deployments, func(a, b Deployment) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// rolled is how far a Deployment is, and its pods.
func (c *fakeCluster) rolled(name string, generation int64, f fakeDeployment) (Deployment, []Pod) {
	n := f.replicas
	d := Deployment{
		Name: name, Image: f.image, Generation: generation, Observed: generation, Wanted: n, Replicas: n, Updated: n, MinReady: f.minReady,
	}
	box := c.container(name, f)
	if box.Ready {
		d.Ready = n
	}
	if box.Ready && time.Since(box.Since) >= f.minReady {
		d.Available, d.Complete = n, true
	}
	pods := podsOf(name, box, f)
	if old := f.before; old != nil && d.Available < n {
		d.Replicas, d.Ready, d.Available = n+old.replicas, d.Ready+old.replicas, d.Available+old.replicas
		pods = append(pods, podsOf(name+"-old", c.container(name, *old), *old)...)
	}
	return d, pods
}

// podsOf are the pods of a Deployment, each with the container.
func podsOf(name string, box Container, f fakeDeployment) (pods []Pod) {
	for i := range f.replicas {
		pods = append(pods, Pod{
			Name: fmt.Sprint(name, "-", i+1), Component: box.Name, Created: f.began, Ready: box.Ready, Containers: []Container{box},
		})
	}
	return pods
}

func (c *fakeCluster) container(name string, f fakeDeployment) Container {
	box := Container{Name: name, Image: f.image, State: Waiting}
	switch {
	case f.image == "missing":
		box.Reason, box.Message = "ImagePullBackOff", "no such image"
	case f.image == "slow" && !c.released:
	case f.image == "exits":
		box.exit(f.began)
	default:
		box.State, box.Ready, box.Since = Running, true, f.began
	}
	return box
}

// exit is the container as it is now when each of its runs takes a second: the kubelet
// starts it again at once, then after 10, 20 and so on seconds.
func (c *Container) exit(began time.Time) {
	for pause := time.Duration(0); ; pause = max(10*time.Second, 2*pause) {
		end := began.Add(time.Second)
		if time.Now().Before(end) {
			c.State, c.Ready, c.Since = Running, true, began
			return
		}
		c.Exit = &Exit{Code: 2, Reason: "Error"}
		if time.Now().Before(end.Add(pause)) {
			c.State, c.Reason = Waiting, ReasonCrashLoop
			return
		}
		c.Restarts++
		began = end.Add(pause)
	}
}
