#!/usr/bin/env bash
# Runs every fuzz target of every module for the given time.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | sed -E 's/^(.*)\/[^/]*:[0-9]+:func (.*)$/\1 \2/' | sort -u |
	while read -r folder target; do
		echo "== $folder $target"
		(cd "$folder" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" . </dev/null)
	done
