#!/usr/bin/env bash
# Runs the suites that kill processes and servers, or play random rounds, again and again,
# at moments that differ each time: every test whose name begins with TestKill, TestCrash,
# TestProcessDies or TestSoak.
# Prints a line for each run of a package and a summary, and fails if any run did.
#   soak.sh                    the hermetic ones, 10 rounds, for 30 minutes at most
#   soak.sh 50 120 unit real   up to 50 rounds of all, for 2 hours at most
# No package begins after the time is over, and none may take longer than 40 minutes. The
# hermetic ones run with the race detector, as in test.sh. SHAKEDOWN_SOAK (100) is how many
# kills TestKilledAnywhere of events/work does, and how many rounds TestSoakForeign of envs
# plays (10 rounds of this script are 1,000 of that), and TestKilledReplicas of
# cmd/internal/e2e. The last two print the seed of their choices. The output of a run that
# failed is kept.
set -uo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-10} minutes=${2:-30}
[[ $rounds =~ ^[1-9][0-9]*$ && $minutes =~ ^[1-9][0-9]*$ ]] || { echo "usage: soak.sh [ROUNDS [MINUTES [unit|real]...]]" >&2; exit 2; }
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- unit
export SHAKEDOWN_SOAK=${SHAKEDOWN_SOAK:-100}

logs=$(mktemp -d "${TMPDIR:-/tmp}/soak.XXXXXX")
trap 'rmdir "$logs" 2>/dev/null' EXIT # what is not empty holds the output of failures
trap 'exit 130' INT TERM

suites() { # of one half: a line with the folder and the tests for each package
	local file tests half
	grep -rl --include='*_test.go' -E '^func Test(Kill|Crash|ProcessDies|Soak)' . | sort | while read -r file; do
		half=unit
		! grep -qE '^//go:build.*\breal\b' "$file" || half=real
		[ "$half" = "$1" ] || continue
		tests=$(grep -oE '^func Test(Kill|Crash|ProcessDies|Soak)[A-Za-z0-9]*' "$file" | sed 's/^func //' | grep -v 'Child$' | paste -sd '|')
		[ -z "$tests" ] || echo "$(dirname "$file") $tests"
	done
}

runs=0 failed=0
soak() { # HALF FOLDER TESTS: one run of a package
	local half=$1 folder=$2 tests=$3 begin=$SECONDS result=passed log flags
	log=$logs/$((++runs)).log
	flags=(-race)
	[ "$half" = unit ] || flags=(-tags real)
	(cd "$folder" && go test "${flags[@]}" -count=1 -timeout 40m -run "^($tests)\$" .) >"$log" 2>&1 </dev/null || result=FAILED
	echo "round $round of $rounds: $result $half $folder ($tests) after $((SECONDS - begin)) s"
	if [ $result = passed ]; then
		rm "$log"
	else
		failed=$((failed + 1))
		grep -aE '^ *--- FAIL|DATA RACE|^panic:' "$log" | sort -u | head -n 20
		echo "output: $log"
	fi
}

for half in "$@"; do
	[ "$half" = unit ] || [ "$half" = real ] || { echo "unknown word \"$half\"; want unit or real" >&2; exit 2; }
done
for ((round = 1; round <= rounds; round++)); do
	for half in "$@"; do
		mapfile -t found < <(suites "$half")
		for line in "${found[@]}"; do
			[ $SECONDS -lt $((minutes * 60)) ] || break 3
			soak "$half" "${line%% *}" "${line#* }"
		done
	done
done
echo "$((runs - failed)) of $runs runs passed in $((SECONDS / 60)) min $((SECONDS % 60)) s: $*"
[ $failed -eq 0 ] && [ $runs -gt 0 ]
