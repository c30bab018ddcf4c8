# `make help` lists what there is to make. Nothing has to be installed first
# but Go and make.

.DEFAULT_GOAL := help

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME   ?= 10s
STATICCHECK = go tool -modfile=.ci/tools.mod staticcheck

# gosec and our own rule for GORM. Left out is G304, a path that is a variable: all
# of ours are the operator's, and G703 follows those that come with a request.
# Tests may do what the service may not.
LINT = go run -modfile=.ci/tools.mod ./.ci/lint -test=false -gosec.exclude=G304

.PHONY: help run build test test-clients test-browser conformance faults lint fuzz bench readme

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The key lets the letters that wait in the outbox be read, as the README shows.
run: export CLIENTELE_ADMIN_API_KEY ?= development
run: build ## Serve on SQLite (clientele.db in this folder)
	@exec bin/clientele serve

build: ## Build the static binary bin/clientele
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/clientele ./cmd/clientele

# The race detector leaves out SQLite as it was translated from C, which keeps its
# data outside of Go's memory, where the detector does not look: asking it at each
# access took half of the time of all tests of the API. The driver is looked at.
RACE = -race $(foreach package,sqlite/lib libc memory,-gcflags=modernc.org/$(package)=-race=false)

# Tests wait for a database and for each other: more at once than there are
# processors, for none to stand idle. Vetting is the work of `make lint`.
test: ## Run every test on SQLite and PostgreSQL, with the race detector
	@.ci/compiler
	@CGO_ENABLED=1 GOGC=300 .ci/with-postgres go test $(RACE) -vet=off -shuffle=on -parallel 4 -timeout 20m $(TESTFLAGS) ./...

# Medusa's client speaks its own dialect.
test-clients test-browser: export CLIENTELE_DIALECTS = medusa

test-clients: build ## Run the stories that real clients tell, of JSON:API and of Medusa (needs Node)
	@.ci/node
	@.ci/with-service node --test --test-reporter=spec pkg/apitest/npm/clients/*.test.mjs

test-browser: build ## Look at the pages, and call the API from others, in Chromium (needs Node)
	@.ci/node
	@CHROMIUM=$$(.ci/chromium) && export CHROMIUM && \
		node pkg/apitest/npm/browser/with-storefronts.mjs .ci/with-service node --test --test-concurrency=2 --test-reporter=spec pkg/apitest/npm/browser/*.test.mjs

conformance: build ## Check every rule of JSON:API 1.1, on both wires; reports go to bin
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -o bin/conformance ./cmd/conformance
	@failed=0; for wire in jsonapi glue; do \
		CLIENTELE_WIRE=$$wire .ci/with-service sh -c 'bin/conformance -url "$$API" -api-key "$$ADMIN_KEY" -wire '$$wire' -report bin/conformance-'$$wire'.json' || failed=1; \
	done; exit $$failed

# FAULTFLAGS=-help lists what can be chosen.
faults: build ## Kill the service, break what it talks to, and see that nothing is lost (most of an hour); a report goes to bin
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -o bin/faultbench ./cmd/faultbench
	@.ci/with-postgres bin/faultbench -rounds 200 -report bin/faults.json $(FAULTFLAGS)

# Without cgo, as the binary is built: nothing of ours is C, and type checking
# needs no compiler then.
lint: export CGO_ENABLED = 0
lint: ## Check form, common mistakes and common holes
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	go test -modfile=.ci/tools.mod ./.ci/lint
	$(LINT) ./...
	go mod verify
	go mod verify -modfile=.ci/tools.mod

# In `make test` the targets run on their seeds alone: building one for fuzzing
# takes minutes.
fuzz: export CGO_ENABLED = 0
fuzz: ## Fuzz every target, for FUZZTIME each
	@grep -r '^func Fuzz' --include='*_test.go' cmd errors pkg resources | sed -E 's,^(.*)/[^/]*:func (Fuzz[A-Za-z]*).*,./\1 \2,' | \
		while read -r package target; do go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; done

bench: ## Run the benchmarks on SQLite and PostgreSQL
	@CGO_ENABLED=0 .ci/with-postgres go test -run '^$$' -bench . -benchmem $(TESTFLAGS) ./...

readme: ## Write the generated tables of README.md anew
	@go run .ci/readme.go README.md
