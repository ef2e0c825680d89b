#!/usr/bin/env bash
# Runs one half of the tests: "unit" (hermetic, race detector on) or "real" (the
# packages that have files with the build tag "real", against real servers).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
half=${1:?usage: test.sh unit|real}

run() { # run FOLDER FLAGS...: the tests of one module
	local folder=$1
	shift
	(cd "$folder" && go tool -modfile="$root/go.tool.mod" gotestsum --format pkgname-and-test-fails -- "$@")
}

real_packages() { # of the module in the current folder
	local inner
	inner=$(find . -mindepth 2 -name go.mod -printf '%h\n')
	grep -rl --include='*_test.go' '^//go:build.*\breal\b' . | xargs -r -n1 dirname | sort -u |
		while read -r dir; do
			for m in $inner; do case "$dir/" in "$m"/*) continue 2 ;; esac; done
			echo "$dir"
		done
}

status=0
for module in $(scripts/modules.sh); do
	case $half in
	unit)
		echo "== tests of module $module"
		run "$module" -race -shuffle=on ./... || status=1
		;;
	real)
		mapfile -t packages < <(cd "$module" && real_packages)
		[ ${#packages[@]} -gt 0 ] || continue
		echo "== real-server tests of module $module: ${packages[*]}"
		run "$module" -tags real -p 1 -timeout 40m "${packages[@]}" || status=1
		;;
	*)
		echo "unknown half \"$half\"; want unit or real" >&2
		exit 2
		;;
	esac
done
exit $status
