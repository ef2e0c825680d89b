package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Bounds of what is shown of a container that does not work.
const (
	logLines   = 10
	logBytes   = 8 << 10
	lineBytes  = 500
	maxHolders = 20
)

// Evidence reads the container's last log lines and the warnings about its pod.
func (c *Cluster) Evidence(ctx context.Context, namespace, pod, container string) envs.Evidence {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	return envs.Evidence{Log: c.log(ctx, namespace, pod, container), Warnings: c.warnings(ctx, namespace, pod)}
}

// noLog is how the kubelet answers, as if it were the log, when the container is gone.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubelet/kuberuntime/kuberuntime_container.go.
const noLog = "unable to retrieve container logs for "

// log prefers the end that was before the present start: that is the one that
// shows why.
func (c *Cluster) log(ctx context.Context, namespace, pod, container string) []string {
	if container == "" {
		return nil
	}
	for _, previous := range []bool{true, false} {
		raw, err := c.api.Plain.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").
			Param("container", container).Param("previous", strconv.FormatBool(previous)).
			Param("tailLines", strconv.Itoa(logLines)).Param("limitBytes", strconv.Itoa(logBytes)).
			Do(ctx).Raw()
		if err == nil && len(raw) > 0 && !strings.HasPrefix(string(raw), noLog) {
			return lines(string(raw))
		}
	}
	return nil
}

func lines(text string) []string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	all = all[max(0, len(all)-logLines):]
	for i, line := range all {
		all[i] = strings.ToValidUTF8(line[:min(len(line), lineBytes)], "")
	}
	return all
}

// warnings are the pod's warning events by reason, of each the most telling one.
func (c *Cluster) warnings(ctx context.Context, namespace, pod string) map[string]string {
	var list corev1.EventList
	about := &metav1.ListOptions{FieldSelector: "involvedObject.kind=Pod,involvedObject.name=" + pod + ",type=Warning"}
	if err := c.api.Core.Get().Namespace(namespace).Resource("events").VersionedParams(about, c.api.Params).Do(ctx).Into(&list); err != nil {
		return nil
	}
	found := map[string]string{}
	for _, e := range list.Items {
		if len(e.Message) > len(found[e.Reason]) {
			found[e.Reason] = e.Message
		}
	}
	return found
}

// Holders reads why a namespace does not go: the conditions that the API server
// reports, and the objects that are left, with their finalizers.
func (c *Cluster) Holders(ctx context.Context, namespace string) ([]string, error) {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	var ns corev1.Namespace
	if err := c.api.Core.Get().Resource("namespaces").Name(namespace).Do(ctx).Into(&ns); err != nil {
		return nil, c.explain(err, "get", "namespace "+namespace)
	}
	var held []string
	if len(ns.Finalizers) > 0 {
		held = append(held, fmt.Sprintf("namespace/%s has the finalizers %s", namespace, strings.Join(ns.Finalizers, ", ")))
	}
	for _, condition := range ns.Status.Conditions {
		if condition.Status != corev1.ConditionTrue {
			continue
		}
		objects := c.remaining(ctx, namespace, condition)
		if len(objects) == 0 && condition.Type != corev1.NamespaceFinalizersRemaining {
			objects = []string{string(condition.Type) + ": " + kube.OneLine(condition.Message)}
		}
		held = append(held, objects...)
	}
	if len(held) == 0 {
		held = c.unreported(ctx, namespace)
	}
	if len(held) > maxHolders {
		held = append(held[:maxHolders], fmt.Sprintf("and %d more", len(held)-maxHolders))
	}
	return held, nil
}

// unreported reads the usual kinds of objects, for the time before the
// conditions say anything.
func (c *Cluster) unreported(ctx context.Context, namespace string) []string {
	var found []string
	for _, r := range []struct{ plural, group string }{
		{"pods", ""},
		{"persistentvolumeclaims", ""},
		{"services", ""},
		{"configmaps", ""},
		{"secrets", ""},
		{"deployments", "apps"},
		{"statefulsets", "apps"},
		{"jobs", "batch"},
		{"ingresses", "networking.k8s.io"},
	} {
		found = append(found, c.remainingOf(ctx, namespace, r.plural, r.group)...)
	}
	return found
}

// remaining names the objects that a condition counts by resource.
func (c *Cluster) remaining(ctx context.Context, namespace string, condition corev1.NamespaceCondition) []string {
	if condition.Type != corev1.NamespaceContentRemaining {
		return nil
	}
	counted := regexp.MustCompile(`([a-z0-9-]+)\.([a-z0-9.-]*) has \d+ resource instances`)
	var found []string
	for _, m := range counted.FindAllStringSubmatch(condition.Message, -1) {
		found = append(found, c.remainingOf(ctx, namespace, m[1], m[2])...)
	}
	return found
}

func (c *Cluster) remainingOf(ctx context.Context, namespace, plural, group string) []string {
	path, err := c.groupPath(ctx, group)
	if err != nil {
		return nil
	}
	raw, err := c.api.Plain.Get().AbsPath(path, "namespaces", namespace, plural).
		SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1").Do(ctx).Raw()
	if err != nil {
		return nil
	}
	var list metav1.PartialObjectMetadataList
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var found []string
	for _, o := range list.Items {
		line := plural + "/" + o.Name
		if len(o.Finalizers) > 0 {
			line += " has the finalizers " + strings.Join(o.Finalizers, ", ")
		}
		found = append(found, line)
	}
	return found
}

// groupPath is where the API server keeps the resources of a group.
func (c *Cluster) groupPath(ctx context.Context, group string) (string, error) {
	if group == "" {
		return "/api/v1", nil
	}
	raw, err := c.api.Plain.Get().AbsPath("/apis", group).Do(ctx).Raw()
	if err != nil {
		return "", err
	}
	var found metav1.APIGroup
	if err := json.Unmarshal(raw, &found); err != nil {
		return "", err
	}
	return "/apis/" + found.PreferredVersion.GroupVersion, nil
}
