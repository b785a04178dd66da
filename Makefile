# What a contributor runs. "make" alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# How long each fuzz target runs, for instance 5s or 10m.
export FUZZTIME ?= 5s

PLUGINS := tools/plugins/go.mod tools/plugins/go.sum
TOOLS := tools/go.mod tools/go.sum
GENERATORS := bin/buf bin/.plugins third_party/.printed
CLIENTS_GEN := clients/typescript/src/gen clients/python/src/umgateway/gen

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: ## build static binaries of the commands into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

.PHONY: test
test: ## run the tests; needs Go alone
	go test ./...

.PHONY: race
race: ## run the tests with the race detector; needs a C compiler
	go test -race ./...

.PHONY: interop
interop: packages ## run all tests, those against foreign software too
	go test -race -tags interop ./...

.PHONY: packages
packages: ## install the Debian packages that interop needs
	.ci/packages

.PHONY: modules
modules: ## run the tests of the nested modules
	.ci/modules go test ./...

.PHONY: generate
generate: $(GENERATORS) ## write gen/ and the clients' generated code anew from proto/; needs what clients/generate says
	.ci/generate bin/_generated
	clients/generate bin/_generated/clients
	rm -rf gen $(CLIENTS_GEN)
	mv bin/_generated/gen gen
	for client in $(CLIENTS_GEN); do mv bin/_generated/$$client $$client; done

.PHONY: schema
schema: ## write docs/umgateway.schema.json anew from flags and sections
	go test ./cmd/umgateway -run TestSchemaIsThatOfTheProgram -update

.PHONY: checkgenerate
checkgenerate: $(GENERATORS) ## fail if generated code is not what proto/ says
	.ci/generate bin/_generated
	clients/generate bin/_generated/clients
	for folder in gen $(CLIENTS_GEN); do \
		diff -r --exclude=__pycache__ $$folder bin/_generated/$$folder || \
			{ echo "$$folder is not what proto/ says: run \"make generate\"" >&2; exit 1; }; \
	done

.PHONY: lint
lint: bin/staticcheck ## check the form of the Go code
	.ci/lint

.PHONY: checktidy
checktidy: ## fail if a go.mod or go.sum is not what the code needs
	go mod tidy -diff
	cd tools && go mod tidy -diff
	.ci/modules go mod tidy -diff

.PHONY: buflint
buflint: bin/buf third_party/.printed ## check the form of the schema
	bin/buf lint
	bin/buf format --diff --exit-code proto

.PHONY: breaking
breaking: bin/buf third_party/.printed ## fail if the schema breaks its callers
	.ci/breaking

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	.ci/fuzz

.PHONY: bench
bench: ## measure what a call costs; takes about ten minutes
	go run ./bench

.PHONY: dist
dist: ## build the binaries to ship into dist/, with version and commit
	CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags '-s -w' -o dist/ ./cmd/...

.PHONY: sbom
sbom: bin/cyclonedx-gomod ## list the parts of the binaries in dist/ with their licences (CycloneDX)
	mkdir -p dist
	for folder in cmd/*; do \
		CGO_ENABLED=0 bin/cyclonedx-gomod app -json -licenses -std -noserial -notimestamp \
			-main $$folder -output dist/$${folder#cmd/}.cdx.json; \
	done

.PHONY: reproducible
reproducible: ## fail if two builds of the last commit differ
	.ci/reproducible

.PHONY: ci
ci: ## run everything, as the continuous integration does
	.ci/run

.PHONY: clean
clean: ## remove what the other targets built
	rm -rf bin dist third_party

# Tools. Each is built once, and again when its pinned version changes.

bin/buf: $(TOOLS)
	cd tools && GOBIN=$(CURDIR)/bin go install github.com/bufbuild/buf/cmd/buf
	touch $@

bin/staticcheck: $(TOOLS)
	cd tools && GOBIN=$(CURDIR)/bin go install honnef.co/go/tools/cmd/staticcheck
	touch $@

bin/cyclonedx-gomod: $(TOOLS)
	cd tools && GOBIN=$(CURDIR)/bin go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	touch $@

bin/.plugins: $(PLUGINS)
	cd tools/plugins && GOBIN=$(CURDIR)/bin go install tool
	touch $@

third_party/.printed: $(PLUGINS) tools/plugins/thirdparty/main.go
	rm -rf third_party
	cd tools/plugins && go run ./thirdparty ../../third_party
	touch $@
