#!/usr/bin/env bash
# Runs the comparisons of datamove with its peers (mydumper, mariadb-dump, rclone) and
# its rates for Redis, each several times on real servers, one store after the other,
# and ends with a table of the medians beside their bounds. A benchmark fails beyond
# the bound that it states.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-deps.sh run test >&2
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
go test -tags real -run '^$' -bench . -benchtime 1x -p 1 -timeout 60m ./datamove/mysql ./datamove/redis ./datamove/s3 | tee "$out" || status=1
# A metric NAME has its bound, if it has one, in the metric NAME-bound.
awk '
	/^Benchmark/ {
		name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
		for (i = 3; i < NF; i += 2) if ($(i + 1) != "ns/op") { value[name, $(i + 1)] = $i; order[++n] = name SUBSEP $(i + 1) }
	}
	END {
		printf "\n%-16s %-18s %12s  %s\n", "BENCHMARK", "METRIC", "MEDIAN", "BOUND"
		for (i = 1; i <= n; i++) {
			split(order[i], part, SUBSEP)
			if (part[2] ~ /-bound$/) continue
			bound = value[part[1], part[2] "-bound"]
			sign = part[2] ~ /^keys/ ? "at least " : "at most "
			printf "%-16s %-18s %12s  %s\n", part[1], part[2], value[order[i]], bound == "" ? "-" : sign bound
		}
	}' "$out"
exit $status
