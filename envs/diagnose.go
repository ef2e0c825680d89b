package envs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The reasons of a Finding that have no word of their own in Kubernetes.
const (
	ReasonUnschedulable = "Unschedulable"
	ReasonRefused       = "FailedCreate"
	ReasonNotReady      = "NotReady"
	ReasonCrashLoop     = "CrashLoopBackOff"
	ReasonOldPod        = "OldPodTerminating"
	ReasonOldVersion    = "OldVersion"
	ReasonHeld          = "MinReadySeconds"
)

// stable is how long a container that has restarted must run before it no
// longer counts as crashing.
const stable = 10 * time.Second

// class groups the reasons between which one cause goes back and forth, such as
// ErrImagePull and ImagePullBackOff.
type class string

const (
	classImage    class = "image"
	classConfig   class = "config"
	classCrash    class = "crash"
	classRefused  class = "refused"
	classSchedule class = "schedule"
	classNotReady class = "not-ready"
	classOld      class = "old"
	classHeld     class = "held"
)

// Finding is one reason why a component is not ready.
type Finding struct {
	Component, Pod, Container string
	// Reason is one word; Message is for people and names the container.
	Reason, Message string
	// Restarted says that the container has ended before.
	Restarted bool
	class     class
}

// String is the reason with its message.
func (f Finding) String() string { return f.Reason + ": " + f.Message }

// Stuck says whether waiting alone is unlikely to heal it.
func (f Finding) Stuck() bool {
	return !slices.Contains([]class{classNotReady, classOld, classHeld}, f.class)
}

// topic is what stays the same while a cause persists.
func (f Finding) topic() string { return f.Component + "/" + f.Container + "/" + string(f.class) }

// Diagnose finds the reasons why components are not ready, the gravest first, one
// for each cause. It finds nothing in an environment that is ready.
func Diagnose(s Snapshot, now time.Time) []Finding {
	var found []Finding
	for _, d := range s.Deployments {
		found = append(found, diagnoseDeployment(d)...)
	}
	old := outdated(s)
	for _, p := range s.Pods {
		found = append(found, diagnosePod(p, old[p.Name], now)...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.class.weight(), b.class.weight()), strings.Compare(a.topic(), b.topic()))
	})
	return slices.CompactFunc(found, func(a, b Finding) bool { return a.topic() == b.topic() })
}

func (c class) weight() int {
	return slices.Index([]class{classImage, classConfig, classCrash, classRefused, classSchedule, classNotReady, classHeld, classOld}, c)
}

func diagnoseDeployment(d Deployment) (found []Finding) {
	if d.Refused != "" {
		found = append(found, Finding{
			Component: d.Name, Reason: ReasonRefused, class: classRefused,
			Message: fmt.Sprintf("no pod of component %s can be made: %s", d.Name, d.Refused),
		})
	}
	if d.held() {
		found = append(found, Finding{
			Component: d.Name, Reason: ReasonHeld, class: classHeld,
			Message: fmt.Sprintf("component %s has pods that have not been Ready for %s yet", d.Name, d.MinReady),
		})
	}
	return found
}

func diagnosePod(p Pod, old bool, now time.Time) []Finding {
	f := Finding{Component: p.Component, Pod: p.Name}
	switch {
	case !p.Terminating && (p.Finished || p.Ready && !p.restarts(now)):
		return nil
	case old && !p.Terminating:
		f.Reason, f.class = ReasonOldVersion, classOld
		f.Message = fmt.Sprintf("pod %s of component %s is of the version before, and stays until a new one is ready", p.Name, p.Component)
		return []Finding{f}
	case p.Terminating:
		f.Reason, f.class = ReasonOldPod, classOld
		f.Message = fmt.Sprintf("pod %s of component %s is still shutting down%s", p.Name, p.Component, onNode(p))
		return []Finding{f}
	case p.Unschedulable != "":
		f.Reason, f.class = ReasonUnschedulable, classSchedule
		f.Message = fmt.Sprintf("pod %s of component %s fits on no node: %s", p.Name, p.Component, p.Unschedulable)
		return []Finding{f}
	}
	var found []Finding
	for _, c := range p.Containers {
		if one, ok := diagnoseContainer(f, c, now); ok {
			found = append(found, one)
		}
	}
	return found
}

func onNode(p Pod) string {
	if p.Node == "" {
		return ""
	}
	return " on node " + p.Node
}

func diagnoseContainer(f Finding, c Container, now time.Time) (Finding, bool) {
	f.Container, f.Restarted = c.Name, c.Restarts > 0
	where := fmt.Sprintf("container %s of component %s", c.Name, f.Component)
	switch {
	case c.Ready && !crashing(c, now):
		return f, false
	case c.State == Waiting && isImageReason(c.Reason):
		f.Reason, f.class = c.Reason, classImage
		f.Message = fmt.Sprintf("%s cannot start: image %s: %s", where, c.Image, oneLine(c.Message))
	case c.State == Waiting && isConfigReason(c.Reason):
		f.Reason, f.class = c.Reason, classConfig
		f.Message = fmt.Sprintf("%s cannot start: %s", where, oneLine(c.Message))
	case crashing(c, now):
		f.Reason, f.class = crashReason(c), classCrash
		f.Message = fmt.Sprintf("%s %s, %s", where, exitWords(c), restartWords(c.Restarts))
	case c.State == Running:
		f.Reason, f.class = ReasonNotReady, classNotReady
		f.Message = where + " runs and is not Ready"
	default:
		f.Reason, f.class = ReasonNotReady, classNotReady
		f.Message = fmt.Sprintf("%s has not started: %s", where, cmp.Or(oneLine(c.Message), c.Reason, "the node has not reported it yet"))
	}
	return f, true
}

func isImageReason(reason string) bool {
	return slices.Contains([]string{
		"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable",
		"SignatureValidationFailed",
	}, reason)
}

func isConfigReason(reason string) bool {
	return slices.Contains([]string{
		"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError",
	}, reason)
}

// restarts says whether a container of the pod has just been started again. Without a
// readiness probe it is Ready until it ends once more.
func (p Pod) restarts(now time.Time) bool {
	return slices.ContainsFunc(p.Containers, func(c Container) bool { return crashing(c, now) })
}

func crashing(c Container, now time.Time) bool {
	switch {
	case c.Exit == nil:
		return false
	case c.State == Running:
		return c.Restarts > 0 && now.Sub(c.Since) < stable
	}
	return c.State == Terminated || c.Reason == ReasonCrashLoop
}

func crashReason(c Container) string {
	if c.Exit.Reason == "OOMKilled" {
		return c.Exit.Reason
	}
	return ReasonCrashLoop
}

func exitWords(c Container) string {
	if c.Exit.Reason == "OOMKilled" {
		return fmt.Sprintf("was killed because it used more memory than its limit (exit code %d)", c.Exit.Code)
	}
	words := fmt.Sprintf("ends with exit code %d", c.Exit.Code)
	if c.Exit.Message != "" {
		words += " (" + oneLine(c.Exit.Message) + ")"
	}
	return words
}

func restartWords(n int) string {
	if n == 1 {
		return "restarted once"
	}
	return fmt.Sprintf("restarted %d times", n)
}

// With adds to the message what was found out about the pod and its container.
func (f Finding) With(e Evidence) Finding {
	switch f.class {
	case classCrash:
		if len(e.Log) == 0 {
			f.Message += "; it logged nothing"
			break
		}
		f.Message += "; its last log lines:\n  " + strings.Join(e.Log, "\n  ")
	case classNotReady:
		for _, reason := range []string{"Unhealthy", "FailedMount", "FailedCreatePodSandBox", "FailedAttachVolume"} {
			if warning := e.Warnings[reason]; warning != "" {
				f.Message += "; " + reason + ": " + oneLine(warning)
			}
		}
	case classImage:
		if cause := e.Warnings["Failed"]; cause != "" && !strings.Contains(f.Message, "failed to") {
			f.Message += "; " + oneLine(cause)
		}
	case classConfig, classRefused, classSchedule, classOld, classHeld:
	}
	return f
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
