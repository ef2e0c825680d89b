#!/usr/bin/env bash
# Runs the comparisons of datamove with its peers (mydumper, mariadb-dump, rclone) and
# its rates for Redis, each several times on real servers, one store after the other.
# A benchmark fails beyond the bound that it states.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-1}
scripts/install-deps.sh run test >&2
go test -tags real -run '^$' -bench . -benchtime 1x -count "$count" -p 1 -timeout 60m ./datamove/mysql ./datamove/redis ./datamove/s3
