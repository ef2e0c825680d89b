package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/events"
)

// keeper is an API server of a cluster with some empty namespaces, whose labels and
// annotations can be changed. All else is as in bareCluster.
type keeper struct {
	mu         sync.Mutex
	namespaces map[string]core.Namespace
}

// newKeeper is a cluster with the environments old, which an earlier version has made, and
// theirs, which the installation other has made.
func newKeeper() *keeper {
	k := &keeper{namespaces: map[string]core.Namespace{}}
	for name, installation := range map[string]string{"old": "", "theirs": "other", "endless": ""} {
		ns := core.Namespace{ObjectMeta: meta.ObjectMeta{
			Name: name, UID: "1", ResourceVersion: "1", Labels: map[string]string{
				events.LabelManagedBy: events.Manager, events.LabelEnvironment: name,
			}, Annotations: map[string]string{events.LabelPrefix + "ttl": "72h"},
		}}
		ns.APIVersion, ns.Kind = "v1", "Namespace"
		if installation != "" {
			ns.Labels[events.LabelInstallation] = installation
		}
		if name == "endless" {
			ns.Annotations = nil
		}
		k.namespaces[name] = ns
	}
	return k
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name, one := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/")
	ns, known := k.namespaces[name]
	switch {
	case r.URL.Query().Get("watch") != "":
		k.mu.Unlock()
		defer k.mu.Lock()
		bareCluster(w, r)
	case one && known && r.Method == http.MethodGet:
		reply(w, http.StatusOK, ns)
	case one && known && r.Method == http.MethodPatch:
		k.patch(w, r, ns)
	case r.URL.Path == "/api/v1/namespaces" && r.Method == http.MethodGet:
		all := core.NamespaceList{ListMeta: meta.ListMeta{ResourceVersion: "1"}}
		all.APIVersion, all.Kind = "v1", "NamespaceList"
		for _, ns := range k.namespaces {
			all.Items = append(all.Items, ns)
		}
		reply(w, http.StatusOK, all)
	default:
		bareCluster(w, r)
	}
}

// patch sets labels and annotations of that version of the namespace.
func (k *keeper) patch(w http.ResponseWriter, r *http.Request, ns core.Namespace) {
	var change core.Namespace
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &change)
	}
	switch {
	case err != nil:
		reply(w, http.StatusBadRequest, meta.Status{Status: meta.StatusFailure, Code: http.StatusBadRequest, Reason: meta.StatusReasonBadRequest, Message: err.Error()})
		return
	case change.ResourceVersion != ns.ResourceVersion:
		reply(w, http.StatusConflict, meta.Status{Status: meta.StatusFailure, Code: http.StatusConflict, Reason: meta.StatusReasonConflict, Message: "it has changed"})
		return
	}
	ns.Labels, ns.Annotations = merged(ns.Labels, change.Labels), merged(ns.Annotations, change.Annotations)
	version, _ := strconv.Atoi(ns.ResourceVersion)
	ns.ResourceVersion = fmt.Sprint(version + 1)
	k.namespaces[ns.Name] = ns
	reply(w, http.StatusOK, ns)
}

func merged(a, b map[string]string) map[string]string {
	sum := map[string]string{}
	maps.Copy(sum, a)
	maps.Copy(sum, b)
	return sum
}

func reply(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value)
}
