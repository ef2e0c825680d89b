#!/usr/bin/env bash
# Downloads the Go modules that the sandbox is built of, those that are missing, while
# something else is compiled. What cannot be downloaded is reported by the build.
set -uo pipefail
cd "$(dirname "$0")/../sandbox"
if compgen -G "${XDG_CACHE_HOME:-$HOME/.cache}/shakedown/sandbox/kubernetes-*" >/dev/null; then
	exit 0 # it was built before
fi
export GOWORK=off GOFLAGS= CGO_ENABLED=0
needed() { # needed MODULE PACKAGES...: a list of packages needs their sources
	(cd "$1" && shift && go list -deps "$@" >/dev/null 2>&1)
}
needed kubernetes .
needed containerd tool
needed prometheus -tags netgo,remove_all_sd,enable_kubernetes_sd tool
needed coredns .
CGO_ENABLED=1 needed runc tool
needed machine ./...
needed shop .
exit 0
