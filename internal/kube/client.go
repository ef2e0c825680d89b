package kube

import (
	"fmt"
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
)

// Client is a small client that knows the groups "" and apps and no other, so that
// a server that is idle most of the time stays small. Its methods may be called at
// the same time from several goroutines.
type Client struct {
	// Core and Apps speak protobuf; Plain reads resources of any group as JSON.
	Core, Apps, Plain rest.Interface
	// Params encodes the options of requests.
	Params runtime.ParameterCodec
	// Host is the API server's address.
	Host string

	transport *http.Client
}

// New makes a client. It does not connect.
func New(config *rest.Config) (*Client, error) {
	scheme, err := types()
	if err != nil {
		return nil, fmt.Errorf("set up the types of Kubernetes: %w", err)
	}
	base := ForClient(config)
	base.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	transport, err := rest.HTTPClientFor(base)
	if err != nil {
		return nil, fmt.Errorf("set up the connection to %s: %w", config.Host, err)
	}
	c := &Client{Params: runtime.NewParameterCodec(scheme), Host: config.Host, transport: transport}
	const protobuf = runtime.ContentTypeProtobuf
	for _, one := range []struct {
		client  *rest.Interface
		path    string
		group   schema.GroupVersion
		content string
	}{
		{&c.Core, "/api", corev1.SchemeGroupVersion, protobuf},
		{&c.Apps, "/apis", appsv1.SchemeGroupVersion, protobuf},
		{&c.Plain, "/api", corev1.SchemeGroupVersion, runtime.ContentTypeJSON},
	} {
		if *one.client, err = client(base, transport, one.path, one.group, one.content); err != nil {
			return nil, fmt.Errorf("set up the client for %s: %w", one.group, err)
		}
	}
	return c, nil
}

// Close closes the connections that are idle. A client that is used as long as the
// process lives need not be closed.
func (c *Client) Close() { utilnet.CloseIdleConnectionsFor(c.transport.Transport) }

// types are the objects that the client knows.
func types() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return scheme, nil
}

func client(base *rest.Config, transport *http.Client, path string, group schema.GroupVersion, content string) (rest.Interface, error) {
	own := rest.CopyConfig(base)
	own.APIPath, own.GroupVersion, own.ContentType = path, &group, content
	own.AcceptContentTypes = content
	if content != runtime.ContentTypeJSON {
		own.AcceptContentTypes += "," + runtime.ContentTypeJSON
	}
	return rest.RESTClientForConfigAndClient(own, transport)
}
