#!/usr/bin/env bash
# Prints the events of "go test -json" for the halves that are asked for, as test.sh
# wants them: "unit" is hermetic and has the race detector on, "real" are the packages
# that have files with the build tag "real", one after the other, against real servers.
# Hermetic tests keep their stores in memory where there is room: they write and sync
# many small files, and take half the processor time there.
# TEST_COUNT (1) is how often each test is run.
set -euo pipefail
cd "$(dirname "$0")/.."

halves=() only=() count=${TEST_COUNT:-1}
for word in "$@"; do
	case $word in
	unit | real) halves+=("$word") ;;
	./*) only+=("$word") ;;
	*)
		echo "unknown word \"$word\"; want unit, real or ./PACKAGE" >&2
		exit 2
		;;
	esac
done

packages() { # of one half of the module in the current folder
	if [ ${#only[@]} -gt 0 ]; then
		if [ -f go.tool.mod ]; then printf '%s\n' "${only[@]}"; fi
	elif [ "$1" = unit ]; then
		echo ./...
	else
		real_packages
	fi
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

memory="" # a folder in memory, where there is one with room that runs programs
if [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -1)" -gt 4194304 ] &&
	! findmnt -no OPTIONS /dev/shm | grep -qw noexec; then
	memory=$(mktemp -d -p /dev/shm shakedown.XXXXXX)
	trap 'rm -rf "$memory"' EXIT
fi

status=0
for half in "${halves[@]}"; do
	case $half in
	# Many tests wait for a store on disk or for a process: four at a time keep two cores busy.
	unit) flags=(-race -shuffle=on -parallel 4 -timeout "$((10 * count))m") ;;
	real) flags=(-tags real -p 1 -timeout "$((40 * count))m") ;;
	esac
	if [ "$half" = unit ] && [ -n "$memory" ]; then flags+=(-exec "env TMPDIR=$memory"); fi
	for module in $(scripts/modules.sh); do
		mapfile -t names < <(cd "$module" && packages "$half")
		[ ${#names[@]} -gt 0 ] || continue
		echo "== $half tests of module $module: ${names[*]}" >&3
		(cd "$module" && go test -json -count="$count" "${flags[@]}" "${names[@]}") || status=1
	done
done
exit $status
