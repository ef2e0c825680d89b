#!/usr/bin/env bash
# Runs tests and ends with one summary of everything that failed; its exit code is 0
# only if nothing did.
#   test.sh unit real          both halves, the second also when the first fails
#   test.sh unit ./envs/...    one half of these packages of the main module
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "usage: test.sh unit|real... [./PACKAGE...]" >&2; exit 2; }
# test-events.sh prints its headings to descriptor 3, past the summary of errors.
exec 3>&2
exec go tool -modfile=go.tool.mod gotestsum --format pkgname-and-test-fails --raw-command -- scripts/test-events.sh "$@"
