package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// standIns are an API server of a cluster with nothing but the namespaces foreign and
// logged, an environment, in which nothing can be changed, and a Prometheus that answers every query with 1. The suite cmd/internal/e2e uses real ones.
func standIns(t *testing.T) (kubernetes, prometheus string) {
	t.Helper()
	return serve(t, http.HandlerFunc(bareCluster)), serve(t, http.HandlerFunc(everythingIsOne))
}

// serve is the address of a server until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// everythingIsOne answers with 1, and with the time that is asked for where the times of
// samples are, of the newest and of the oldest series.
func everythingIsOne(w http.ResponseWriter, r *http.Request) {
	at := cmp.Or(r.FormValue("time"), fmt.Sprint(time.Now().Unix()))
	result := fmt.Sprintf(`{"metric":{},"value":[%s,"1"]}`, at)
	if strings.Contains(r.FormValue("query"), "timestamp(") {
		result = fmt.Sprintf(`{"metric":{"shakedown_selector":"0"},"value":[%s,%q]},{"metric":{"shakedown_selector":"0-oldest"},"value":[%s,%q]}`, at, at, at, at)
	}
	fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, result)
}

func bareCluster(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case r.URL.Query().Get("watch") != "":
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // whoever asks sees what is missing
		<-r.Context().Done()                      // nothing ever changes
	case strings.HasPrefix(r.URL.Path+"/", "/api/v1/namespaces/logged/"):
		logged(w, r)
	case r.URL.Path == "/version":
		_, _ = io.WriteString(w, `{"major":"1","minor":"36","gitVersion":"v1.36.3"}`)
	case r.Method == http.MethodGet && r.URL.Path == "/api/v1/namespaces/foreign":
		_, _ = io.WriteString(w, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"foreign","uid":"1"},"status":{"phase":"Active"}}`)
	case r.Method == http.MethodGet && isCollection(last):
		_, _ = io.WriteString(w, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`)
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"%s not found"}`, last)
	default:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"this cluster is read-only"}`)
	}
}

// isCollection says whether the last part of a path names a kind of objects.
func isCollection(last string) bool {
	return strings.HasSuffix(last, "s") && strings.ToLower(last) == last && !strings.Contains(last, "-")
}
