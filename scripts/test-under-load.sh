#!/usr/bin/env bash
# Runs tests RUNS (10) times in a row while two busy loops compete with them, prints a
# line for each run and what failed in it, and fails if any run did.
#   test-under-load.sh                       the hermetic tests
#   test-under-load.sh 3 real                the suites against real servers
#   test-under-load.sh 20 unit ./envs/kube   one half of these packages
# The output of a run that failed is kept; its line says where.
set -uo pipefail
cd "$(dirname "$0")/.."
runs=${1:-10}
[[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "usage: test-under-load.sh [RUNS [unit|real]... [./PACKAGE...]]" >&2; exit 2; }
shift || true
[ $# -gt 0 ] || set -- unit

logs=$(mktemp -d "${TMPDIR:-/tmp}/test-under-load.XXXXXX")
loops=()
finish() {
	[ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null
	rmdir "$logs" 2>/dev/null # what is not empty holds the output of failures
}
trap finish EXIT
trap 'exit 130' INT TERM
for _ in 1 2; do
	while :; do :; done &
	loops+=($!)
done

failed=0
for ((run = 1; run <= runs; run++)); do
	log=$logs/run-$run.log
	begin=$SECONDS
	result=passed
	scripts/test.sh "$@" >"$log" 2>&1 || result=FAILED
	summary=$(grep -a '^DONE' "$log" | tail -n 1)
	echo "run $run of $runs: $result after $((SECONDS - begin)) s; ${summary:-no summary}"
	if [ $result = passed ]; then
		rm "$log"
	else
		failed=$((failed + 1))
		grep -a '^=== FAIL' "$log" | sort -u
		echo "output: $log"
	fi
done
echo "$((runs - failed)) of $runs runs passed under load: $*"
[ $failed -eq 0 ]
