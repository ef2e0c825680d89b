package kube

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
)

// IsRefused says whether the API server has understood a request and will not do
// it, so that the same request again is of no use.
func IsRefused(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := int(status.Status().Code)
	worthARetry := []int{
		http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusTooManyRequests, http.StatusRequestTimeout,
	}
	return code >= http.StatusBadRequest && code < http.StatusInternalServerError && !slices.Contains(worthARetry, code)
}

// IsExpired says whether a watch cannot go on from its resource version any more.
func IsExpired(err error) bool {
	return err != nil && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err))
}

// Explain turns an error of the API server at host, or of the way to it, into an
// *events.Error of one line: what (such as "namespace shop") was to be done with
// (the verb, such as "get"). An error of ctx stays as it is.
func Explain(host string, err error, verb, what string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	kind, hint, text := classify(host, err, verb, what)
	if isUnreachable(err) {
		err = cause(err)
	}
	return &events.Error{Kind: kind, Message: text + ": " + OneLine(message(err)), Advice: hint, Cause: err}
}

func classify(host string, err error, verb, what string) (kind events.Kind, hint, text string) {
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return events.KindUnavailable, "", what + " has to wait"
	case apierrors.IsForbidden(err) && !isAdmission(err):
		return events.KindRefused, "give the kubeconfig's user the right; check with: kubectl auth can-i " + verb + " " + resourceOf(err, what),
			"the API server does not let us " + verb + " " + what
	case apierrors.IsUnauthorized(err):
		return events.KindRefused, "renew the credentials in the kubeconfig", "the API server at " + host + " does not accept our credentials"
	case apierrors.IsConflict(err):
		return events.KindRefused, "choose another name, or remove the object yourself", what + " has fields or a UID that are not ours"
	case apierrors.IsAlreadyExists(err):
		return events.KindRefused, "choose another name, or remove the object yourself", what + " exists and was not made by us"
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err):
		return events.KindInvalid, "", "the API server does not take " + what
	case isUnreachable(err):
		return events.KindUnavailable, "check the cluster with: kubectl cluster-info", "cannot reach the API server at " + host
	}
	return events.KindUnavailable, "", verb + " " + what
}

// isAdmission says whether a refusal is one by admission, which names the object,
// and not for want of a right: both are "forbidden".
func isAdmission(err error) bool {
	return slices.ContainsFunc([]string{"exceeded quota", "violates PodSecurity", "denied the request"}, func(words string) bool {
		return strings.Contains(err.Error(), words)
	})
}

func isUnreachable(err error) bool {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, context.DeadlineExceeded)
}

// cause is without what net/http puts before the reason: method and address.
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
	for _, c := range details(status.Status()).Causes {
		if !strings.Contains(text, c.Message) {
			text += "; " + c.Field + ": " + c.Message
		}
	}
	return text
}

func details(s metav1.Status) metav1.StatusDetails {
	if s.Details == nil {
		return metav1.StatusDetails{}
	}
	return *s.Details
}

// resourceOf is the resource that kubectl auth can-i would be asked about.
func resourceOf(err error, what string) string {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && details(status.Status()).Kind != "" {
		return details(status.Status()).Kind
	}
	return strings.Fields(what)[0]
}

// OneLine is the text with every run of white space as one space.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
