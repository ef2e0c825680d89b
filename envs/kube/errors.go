package kube

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
)

// explain turns an error of the API server, or of the way to it, into one line
// for people. An error of ctx stays as it is.
func (c *Cluster) explain(err error, verb, what string) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return c.say(events.KindUnavailable, err, "", what+" has to wait")
	case apierrors.IsForbidden(err) && !isQuota(err):
		return c.say(events.KindRefused, err, "give the kubeconfig's user the right; check with: kubectl auth can-i "+verb+" "+resourceOf(err, what),
			"the API server does not let us "+verb+" "+what)
	case apierrors.IsUnauthorized(err):
		return c.say(events.KindRefused, err, "renew the credentials in the kubeconfig", "the API server at "+c.host+" does not accept our credentials")
	case apierrors.IsConflict(err):
		return c.say(events.KindRefused, err, "choose another name, or remove the object yourself",
			what+" has fields or a UID that are not ours")
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err):
		return c.say(events.KindInvalid, err, "", "the API server does not take "+what)
	case isUnreachable(err):
		return c.say(events.KindUnavailable, cause(err), "check the cluster with: kubectl cluster-info", "cannot reach the API server at "+c.host)
	}
	return c.say(events.KindUnavailable, err, "", verb+" "+what)
}

func (c *Cluster) say(kind events.Kind, err error, hint, what string) error {
	return &events.Error{Kind: kind, Message: what + ": " + oneLine(message(err)), Advice: hint, Cause: err}
}

// isQuota tells a refusal by admission, which names the object, from a right that
// is missing: both are "forbidden".
func isQuota(err error) bool {
	return strings.Contains(err.Error(), "exceeded quota") || strings.Contains(err.Error(), "violates PodSecurity") ||
		strings.Contains(err.Error(), "denied the request")
}

func isUnreachable(err error) bool {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, context.DeadlineExceeded)
}

// cause strips what net/http puts before the reason: method and address.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// message is the API server's, with the reasons that are behind a general one.
func message(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok {
		return err.Error()
	}
	text := status.Status().Message
	for _, c := range details(status.Status()) {
		if !strings.Contains(text, c.Message) {
			text += "; " + c.Field + ": " + c.Message
		}
	}
	return text
}

func details(s metav1.Status) []metav1.StatusCause {
	if s.Details == nil {
		return nil
	}
	return s.Details.Causes
}

// resourceOf is the resource that kubectl auth can-i would be asked about.
func resourceOf(err error, what string) string {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && status.Status().Details != nil && status.Status().Details.Kind != "" {
		return status.Status().Details.Kind
	}
	return strings.Fields(what)[0]
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
