# Shakedown: "make" lists what can be done. Each target is a line or two; the scripts
# that need more are in scripts/.
SHELL       := /bin/bash -o pipefail
.DEFAULT_GOAL := help
COUNT       ?= 6
FUZZTIME    ?= 10s
RUNS        ?= 10
ROUNDS      ?= 10
MINUTES     ?= 30
HALVES      ?= unit
TOOL        := go tool -modfile=$(CURDIR)/go.tool.mod
LINTER      := go tool -modfile=$(CURDIR)/go.lint.mod golangci-lint
# As the sandbox's programs are built, so that they share what is compiled. What the
# linker strips is not made to begin with: a fifth of the compiler's time.
GO_FLAGS    := -trimpath -gcflags=all=-dwarf=false -ldflags "-s -w"
GO_ENV      := CGO_ENABLED=0 GOGC=$${GOGC:-1600} GOMEMLIMIT=$${GOMEMLIMIT:-1500MiB}

.PHONY: help build demo demo-down test test-unit test-real test-load soak check fmt fmt-check lint vet tidy-check generate generate-check fuzz bench bench-data vuln golden

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/shakedown
	$(GO_ENV) go build $(GO_FLAGS) -o bin/shakedown ./cmd/shakedown

demo: ## the whole voyage on a real Kubernetes on this machine: CI event, chaos, three verdicts, a report
	scripts/install-deps.sh run
	@scripts/fetch-modules.sh & fetch=$$!; $(MAKE) --no-print-directory build && bin/shakedown demo; \
	status=$$?; kill $$fetch 2>/dev/null; exit $$status

demo-down: build ## remove everything that the demo made
	bin/shakedown demo down

test: ## every test, those against real servers included; the last lines say what failed
	scripts/install-deps.sh run test
	scripts/test.sh unit real

test-unit: ## the hermetic tests, with the race detector
	scripts/test.sh unit

test-real: ## the tests against real servers: Kubernetes, Prometheus, a browser
	scripts/test.sh real

test-load: ## each hermetic test RUNS (10) times in a row beside two busy loops
	scripts/test-under-load.sh $(RUNS)

soak: ## the suites that kill processes or play random rounds, ROUNDS (10) times at random moments, for MINUTES (30) at most
	scripts/soak.sh $(ROUNDS) $(MINUTES) $(HALVES)

check: fmt-check vet lint tidy-check generate-check ## everything but the tests that must be green

fmt: ## format all Go code
	$(TOOL) gofumpt -extra -w .

fmt-check: ## fail and show the difference if some code is not formatted
	@diff="$$($(TOOL) gofumpt -extra -d .)"; [ -z "$$diff" ] || { echo "$$diff"; echo "not formatted; run: make fmt" >&2; exit 1; }

lint: ## golangci-lint over all modules
	@for m in $$(scripts/modules.sh); do echo "lint $$m"; (cd $$m && $(LINTER) run --config $(CURDIR)/.golangci.yml ./...) || exit 1; done

vet: ## go vet, the real-server suites included
	@for m in $$(scripts/modules.sh); do echo "vet $$m"; (cd $$m && go vet -tags real ./...) || exit 1; done

tidy-check: ## fail if a go.mod is not tidy
	@for m in $$(scripts/modules.sh); do (cd $$m && go mod tidy -diff) || { echo "run: go mod tidy (in $$m)" >&2; exit 1; }; done

generate: ## write all generated code and documentation
	go generate ./...
	go test ./cmd/internal/archtest -run TestArchitectureIsFresh -update

generate-check: generate ## fail if something generated was not committed
	@git diff --exit-code --stat || { echo "generated files differ; commit what 'make generate' wrote" >&2; exit 1; }

fuzz: ## run each fuzz target for FUZZTIME (10s)
	scripts/fuzz.sh $(FUZZTIME)

bench: ## run all benchmarks COUNT (6) times and print them in benchstat format
	@mkdir -p bin && scripts/bench.sh $(COUNT) | tee bin/bench.txt >&2 && $(TOOL) benchstat bin/bench.txt

bench-data: ## compare the copies of data with mydumper, mariadb-dump and rclone, on real servers
	@scripts/bench-data.sh

vuln: ## known vulnerabilities in what is linked
	$(TOOL) govulncheck ./...

golden: ## write the golden files anew; read the difference before you commit it
	go test $$(grep -rl --include='*_test.go' internal/golden . | xargs -n1 dirname | sort -u) -update
