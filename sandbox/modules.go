// Package sandbox carries the sources of everything a sandbox runs: Go modules
// of their own, each with pinned versions, so that the product's go.mod stays
// lean and the binary can build a whole Kubernetes without a checkout.
//
//	kubernetes   API server, controllers, scheduler, kubelet, kube-proxy, kubectl
//	containerd   container runtime, CNI plugins and etcd
//	runc         what starts containers
//	coredns      the cluster's names
//	prometheus   the cluster's metrics
//	versitygw    the S3 server of tests; no sandbox runs it
//	machine      the machines of a sandbox, and what faults add to pods (ours)
//	shop         the demo application (ours)
//
// It knows nothing of the product. Package provisioner/sandbox/build builds them.
package sandbox

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
)

//go:generate go run ./internal/pack

//go:embed modules.zip
var modules []byte

// Modules are the modules' files, a folder per module, without their tests.
func Modules() (fs.FS, error) {
	r, err := zip.NewReader(bytes.NewReader(modules), int64(len(modules)))
	if err != nil {
		return nil, fmt.Errorf("embedded modules: %w", err)
	}
	return r, nil
}
