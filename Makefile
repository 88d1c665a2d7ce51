# The only entry to the project's work: CI calls these targets and nothing else.

GO      ?= go
LINT    := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZ    ?= 60s
TARGETS ?= ^Fuzz
MODULES := . internal/bench internal/faults internal/oracle internal/compose internal/oidcpeer examples/cedar examples/chi examples/prometheus examples/otel examples/routers examples/browser examples/migrate examples/service

# The heavy proofs have targets of their own: bench-peers, faults, compose and testssl.
TESTED  := $(filter-out internal/bench internal/faults internal/compose,$(MODULES))

# The oracle of internal/oracle is encoding/json/jsontext, an experiment in Go 1.26.
ORACLE  := internal/oracle
EXPERIMENT = $$([ $$m = $(ORACLE) ] && echo env GOEXPERIMENT=jsonv2)

.DEFAULT_GOAL := help
.PHONY: help fmt lint test race fuzz bench bench-peers faults session-faults oracle scoreboard compose testssl examples cover tools browser chromium advisories virtual fleet checklist messages import-cost gateways nginx first-hour

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

fmt: ## format every Go file
	gofmt -w $$(git ls-files -co --exclude-standard '*.go')

lint: ## gofmt, go vet and golangci-lint over all modules
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	@for m in $(MODULES); do \
		echo "lint $$m"; \
		(cd $$m && $(EXPERIMENT) $(GO) vet ./... && $(LINT) run $$([ $$m = $(ORACLE) ] && echo --build-tags goexperiment.jsonv2) ./...) || exit 1; \
	done

# test_all runs the tests of every module, also after a failure, and repeats all failures at the end.
define test_all
	@log=$$(mktemp) || exit 1; trap 'rm -f "$$log"' EXIT; failed=; \
	for m in $(TESTED); do \
		echo "test $$m"; \
		{ (cd $$m && $(EXPERIMENT) $(GO) test $(1) -shuffle=on ./...) 2>&1 || echo "FAIL in $$m"; } | tee "$$log.m"; \
		if tail -n 1 "$$log.m" | grep -qxF "FAIL in $$m"; then failed="$$failed $$m"; fi; \
		grep -E '^( *--- FAIL|FAIL|panic:)' "$$log.m" >>"$$log"; rm -f "$$log.m"; \
	done; \
	[ -z "$$failed" ] && exit 0; \
	echo; echo "failed:$$failed"; cat "$$log"; exit 1
endef

test: tools ## every test but the heavy proofs; installs redis-server, curl and cc if it can do so without a password
	$(call test_all,)
	cd internal/faults && $(GO) test -short -run 'Honest|Thieves|Schedules' ./sessionfaults

race: tools ## the same under the race detector
	$(call test_all,-race)

fuzz: ## each fuzz target for FUZZ (default 60s); TARGETS is a pattern of some of them
	@for m in . $(ORACLE); do cd $(CURDIR)/$$m; \
		for d in $$($(GO) list -f '{{.Dir}}' ./...); do \
			for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$d/*_test.go 2>/dev/null | sed 's/func //' | sort -u | grep -E '$(TARGETS)' || true); do \
				p=$$(cd $$d && $(GO) list .); echo "$$p $$f"; \
				$(EXPERIMENT) $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzzminimizetime 10x -fuzztime $(FUZZ) $$p || exit 1; \
			done; \
		done; \
	done

bench: ## the benchmarks of our own packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-peers: tools ## every peer beside us in one run, as one table; writes its part of the README
	cd internal/bench && $(GO) test -count=1 -timeout 20m -run '^TestTable$$' -args -table -page ../../README.md

advisories: ## the published advisories of peers as attacks on this library, as one table
	@cd internal/advisories && $(GO) test -count=1 -run '^TestAdvisories$$' -args -table

virtual: ## 90 days of virtual time, a hundred times with the same log, and the twins that must be caught
	@cd internal/virtualtime && $(GO) test -count=1 -timeout 10m -args -table -repeats 100

fleet: tools ## a model of a thousand processes on twelve shards with the costs of this machine, and .github/SIMULATION.md
	@cd internal/fleet && $(GO) test -count=1 -timeout 10m -run '^(TestThousandProcesses|TestModelIsTheLibrary)$$' -args -write

faults: tools ## what happens when the network and the stores misbehave; FAULTS_SCALE=10 for a release
	cd internal/faults && $(GO) test -count=1 -v -p 1 -timeout $(if $(FAULTS_SCALE),90m,20m) ./...

session-faults: tools ## the part of faults about sessions: browsers, thieves, resets, logouts and failovers
	cd internal/faults && $(GO) test -count=1 -v -timeout 20m ./sessionfaults
	cd internal/faults && $(GO) test -run '^$$' -fuzz '^FuzzSchedules$$' -fuzzminimizetime 10x -fuzztime $(FUZZ) ./sessionfaults

oracle: ## package validate against other readers of JSON, each of its fuzz targets for FUZZ
	@m=$(ORACLE); cd $$m; $(EXPERIMENT) $(GO) test -count=1 ./... || exit 1; \
	for f in $$($(EXPERIMENT) $(GO) test -list '^Fuzz' . | grep '^Fuzz'); do \
		$(EXPERIMENT) $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZ) . || exit 1; \
	done

scoreboard: tools ## the promises, measured as one table in .github/SCOREBOARD.md; SCOREBOARD=full for a release, ROWS='R2 R18' for some rows
	$(GO) run ./internal/scoreboard -form $(or $(SCOREBOARD),short) -rows '$(ROWS)'

compose: ## handlers and layers of other projects behind the chain, against the same without it
	cd internal/compose && $(GO) test -count=1 ./...

testssl: ## testssl.sh against both profiles of TLS; needs the Debian package testssl.sh
	TESTSSL=$$(command -v testssl || command -v testssl.sh) || { echo "install testssl.sh first"; exit 1; }; export TESTSSL; \
	$(GO) test -count=1 -v -timeout 40m ./internal/tlsscan

examples: tools ## build every example, and run those that check themselves
	$(GO) build -o /dev/null ./examples/...
	$(GO) test -count=1 ./examples/...
	@for m in $(filter examples/%,$(MODULES)); do (cd $$m && $(GO) test -count=1 ./...) || exit 1; done

gateways: nginx ## the configuration of nginx in examples/gateways, in front of a service; it installs nginx if there is none
	NGINX=nginx $(GO) test -count=1 -v ./examples/gateways

browser: chromium ## pages in a real Chromium, which it installs if there is none; SCREENSHOTS=folder keeps pictures of them
	cd examples/browser && CHROMIUM="$$($(find_chromium))" SCREENSHOTS="$(abspath $(SCREENSHOTS))" $(GO) test -count=1 -v -timeout 10m ./...

messages: tools ## the text of every fault of a Config, of every refusal and of every fault of the input, against the golden files
	$(GO) test -count=1 ./internal -run '^(TestConfigFaults|TestMessages|TestFaultMessages)$$' -faults

checklist: tools ## the tests that prove each promise of the library, and .github/CHECKLIST.md
	$(GO) run ./internal/checklist

first-hour: tools ## what a reader of the README does first: its programs in fresh modules, its commands, and each example
	$(GO) run ./internal/firsthour

import-cost: ## what the import of each package costs, against the README; WRITE=1 writes it there
	$(GO) run ./internal/importcost $(if $(WRITE),-write)

cover: tools ## coverage of the root module, as coverage.html
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -html=cover.out -o coverage.html
	@$(GO) tool cover -func=cover.out | tail -1

# find_chromium prints the path of a Chromium, or of the program that CHROMIUM names.
find_chromium = [ -n "$$CHROMIUM" ] && { command -v "$$CHROMIUM"; exit; }; \
	for c in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; \
	do command -v "$$c" && exit; done; exit 1

# install runs apt-get (1) or brew (2), or says to install a program (3) by hand.
APT := apt-get install -y -q --no-install-recommends
install = if command -v apt-get >/dev/null; then \
		install="apt-get update -q && { $(1); }"; \
		if [ "$$(id -u)" = 0 ]; then run="sh -c"; \
		elif sudo -n true 2>/dev/null; then run="sudo -n sh -c"; \
		else echo "run: sudo sh -c '$$install'" >&2; exit 1; fi; \
		DEBIAN_FRONTEND=noninteractive $$run "$$install"; \
	elif command -v brew >/dev/null; then brew install $(2); \
	else echo "neither apt-get nor brew found: install $(3) by hand" >&2; exit 1; fi

nginx:
	@PATH="$$PATH:/usr/sbin"; command -v nginx >/dev/null && exit 0; \
	$(call install,$(APT) nginx-light || $(APT) nginx,nginx,nginx)

chromium:
	@($(find_chromium)) >/dev/null && exit 0; \
	[ -z "$$CHROMIUM" ] || { echo "CHROMIUM=$$CHROMIUM is no program" >&2; exit 1; }; \
	echo "make browser drives a real Chromium, and finds none; CHROMIUM=path names one in another place" >&2; \
	$(call install,$(APT) chromium-headless-shell || $(APT) chromium,--cask chromium,Chromium)
	@($(find_chromium)) >/dev/null || { echo "the installation brought no Chromium" >&2; exit 1; }

tools:
	@missing=; \
	for t in redis-server curl cc; do command -v $$t >/dev/null || missing="$$missing $$t"; done; \
	[ -z "$$missing" ] && exit 0; \
	echo "the tests start private Redis servers, move the clock of one, and run the lines of the README; missing:$$missing" >&2; \
	if command -v apt-get >/dev/null; then \
		packages=$$(echo "$$missing" | sed 's/ cc$$/ gcc libc6-dev/'); \
		install="apt-get update -q && apt-get install -y -q --no-install-recommends$$packages"; \
		if [ "$$(id -u)" = 0 ]; then run="sh -c"; \
		elif sudo -n true 2>/dev/null; then run="sudo -n sh -c"; \
		else echo "run: sudo sh -c '$$install'" >&2; exit 1; fi; \
		DEBIAN_FRONTEND=noninteractive $$run "$$install"; \
	elif command -v brew >/dev/null; then \
		case "$$missing" in *" cc"*) echo "run: xcode-select --install" >&2; exit 1;; esac; \
		brew install $$(echo "$$missing" | sed 's/redis-server/redis/'); \
	else \
		echo "neither apt-get nor brew found: install$$missing by hand" >&2; exit 1; \
	fi
