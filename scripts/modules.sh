#!/usr/bin/env bash
# Prints the folders of the modules that hold code of this project. Modules without a
# test only pin the version of something that is built from elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
find . -name go.mod -not -path './.git/*' -printf '%h\n' | sort | while read -r dir; do
	if [ -n "$(find "$dir" -name '*_test.go' -print -quit)" ]; then echo "$dir"; fi
done
