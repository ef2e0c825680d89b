#!/usr/bin/env bash
# Runs every test RUNS (10) times in a row while two busy loops compete with it, and
# ends with the summary of what failed.
#   test-under-load.sh                       the hermetic tests
#   test-under-load.sh 3 real                the suites against real servers
#   test-under-load.sh 20 unit ./envs/kube   one half of these packages
# Each package is linked once: what competes for the processors is the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-10}
[[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "usage: test-under-load.sh [RUNS [unit|real]... [./PACKAGE...]]" >&2; exit 2; }
shift || true
[ $# -gt 0 ] || set -- unit

loops=()
trap 'kill "${loops[@]}" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
for _ in 1 2; do
	while :; do :; done &
	loops+=($!)
done
echo "each test $runs times beside two busy loops: $*"
TEST_COUNT=$runs scripts/test.sh "$@"
