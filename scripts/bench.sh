#!/usr/bin/env bash
# Runs every benchmark of every module the given number of times, one package after
# the other so that they do not disturb each other, with their bounds; then what only a real cluster can
# show: the way from the webhook to readiness beside kubectl's, and the idle server.
# Bounds in absolute time are asserted here alone: run it on an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-6}
export SHAKEDOWN_BENCH=1
for module in $(scripts/modules.sh); do
	(cd "$module" && SHAKEDOWN_BENCH=1 go test -run '^$' -bench . -benchmem -count "$count" -p 1 ./...)
done
go test -v -count "$count" -p 1 -run 'TestAnswersWithin50ms|TestSlowWrite|TestConnectRefuses' ./events/webhook ./events/work ./events/natsbus
go test -tags real -v -count 1 -run 'TestRealDeploymentTimeline|TestRealTwoVictimsOfOneOwner' ./chaos/kube
go test -tags real -v -count "$count" -timeout 60m -run 'TestIdleServer|TestWebhookToReady|TestCrowdOfSlowConnections' ./cmd/internal/e2e
go test -tags 'real bench' -v -count 1 -timeout 60m -run TestLargeStore ./cmd/internal/e2e
