package cli

import (
	"io"
	"net/http"
	"strings"
)

// logged answers for an environment of two pods that have written some lines.
func logged(w http.ResponseWriter, r *http.Request) {
	const namespace = `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"logged","uid":"2",
		"labels":{"app.kubernetes.io/managed-by":"shakedown","shakedown.dev/environment":"logged"}}}`
	const pods = `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[
		{"metadata":{"name":"api-1","uid":"3","labels":{"app.kubernetes.io/name":"api"}},"status":{
			"initContainerStatuses":[{"name":"migrate","containerID":"m","state":{"terminated":{"exitCode":0,"containerID":"m"}}}],
			"containerStatuses":[{"name":"api","containerID":"a","state":{"running":{}}}]}},
		{"metadata":{"name":"web-1","uid":"4","labels":{"app.kubernetes.io/name":"web"}},"status":{
			"containerStatuses":[{"name":"web","containerID":"w","state":{"running":{}}}]}}]}`
	written := map[string]string{
		"migrate": "2026-11-29T11:59:59Z migrated\n",
		"api": `2026-11-29T12:00:00.000000001Z {"level":"info","msg":"listening","user":"u1"}` + "\n" +
			`2026-11-29T12:00:02.5Z {"level":"error","msg":"no database","user":"u2"}` + "\n",
		"web": "2026-11-29T12:00:01Z \x1b[31mWARN\x1b[0m slow \x1b[2J\x07\n2026-11-29T12:00:03Z at your service\n",
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/logged"); path {
	case "":
		_, _ = io.WriteString(w, namespace)
	case "/pods":
		_, _ = io.WriteString(w, pods)
	default:
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, written[r.URL.Query().Get("container")])
	}
}
