package sandbox

import (
	"encoding/base64"
	"encoding/json"
)

// kubeconfig is a client's configuration file in JSON, which is YAML as well.
func kubeconfig(cluster, server string, ca []byte, user string, pair keyPair) ([]byte, error) {
	type entry struct {
		Name    string         `json:"name"`
		Cluster map[string]any `json:"cluster,omitempty"`
		User    map[string]any `json:"user,omitempty"`
		Context map[string]any `json:"context,omitempty"`
	}
	encode := base64.StdEncoding.EncodeToString
	return json.MarshalIndent(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": cluster,
		"clusters": []entry{{Name: cluster, Cluster: map[string]any{
			"server": server, "certificate-authority-data": encode(ca),
		}}},
		"users": []entry{{Name: user, User: map[string]any{
			"client-certificate-data": encode(pair.cert), "client-key-data": encode(pair.key),
		}}},
		"contexts": []entry{{Name: cluster, Context: map[string]any{
			"cluster": cluster, "user": user, "namespace": "default",
		}}},
	}, "", "  ")
}
