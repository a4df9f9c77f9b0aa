# Jackfield. `make` alone prints what can be done.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

modules  := $(shell go list -m -f '{{.Dir}}')
packages := $(addsuffix /...,$(modules))
plugins  := $(notdir $(patsubst %/main.go,%,$(wildcard plugins/*/main.go)))

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo none)
ldflags := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
# grpcnotrace leaves out a page of gRPC's that would keep html/template in every binary.
compile := CGO_ENABLED=0 go build -trimpath -tags grpcnotrace -ldflags '$(ldflags)'

# Pinned tools are built once into a directory outside the tree.
tools       := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jackfield/tools
staticcheck := $(tools)/staticcheck-v0.8.2
gofumpt     := $(tools)/gofumpt-v0.12.0

interop := test/interop/node_modules/.package-lock.json
kosoku   := $(tools)/kosoku-0.1.0/bin/kosoku

# Servers that the tests start: from the system's packages, and into a directory
# outside the tree what those do not have.
servers  := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jackfield/servers
programs := redis-server=redis-server redis-cli=redis-tools pg_ctlcluster=postgresql mariadbd=mariadb-server \
            chromium-headless-shell=chromium-headless-shell npm=npm node=nodejs mvn=maven java=default-jre-headless
node_servers := $(servers)/dynalite-4.0.0 $(servers)/fauxqs-1.9.2
java_servers := $(servers)/cassandra-5.0.9 $(servers)/dynamodb-local-3.0.0 $(servers)/elasticmq-1.7.1

.PHONY: help run build build-minimal test test-upgrade race bench check lint fmt proto verify tidy-check tools deps programs clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z%<>-]+:.*## / { sub("%", "<name>", $$1); printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: build-minimal ## build core and memory plugin, serve the demo app on port 6001
	@printf '\nJackfield serves the app app-id (key app-key, secret app-secret) on port 6001. Try:\n\n'
	@sed 's/^/    /' docs/examples/page.html; echo; sed 's/^/    /' docs/examples/hello.js; echo
	@exec bin/jackfield --config docs/examples/demo.yaml --plugin-dir bin/plugins

build: ## build bin/jackfield and every plugin in bin/plugins
	@$(compile) -o bin/ ./cmd/jackfield
	@mkdir -p bin/plugins
	@$(compile) -o bin/plugins/ $(addprefix ./plugins/,$(plugins))
	@ls -l bin bin/plugins

build-minimal: plugin-memory ## build the core and the memory plugin only
	@$(compile) -o bin/ ./cmd/jackfield

plugin-%: ## build one plugin: bin/plugins/<name>
	@test -d plugins/$* || { echo 'no plugin "$*"; there are: $(plugins)' >&2; exit 1; }
	@mkdir -p bin/plugins
	@$(compile) -o bin/plugins/ ./plugins/$*

test: deps ## run all tests: every module, real clients, conversations, guards
	@go test -count=1 -timeout 30m $(packages)

test-upgrade: programs ## upgrade a cluster of another build to this one and back (FROM=<git ref>)
	@test -n "$(FROM)" || { echo 'which build? For example: make test-upgrade FROM=HEAD~1' >&2; exit 1; }
	@was=$$(mktemp -d); trap 'git worktree remove --force "$$was/tree" || true; rm -rf "$$was"' EXIT; \
	git worktree add --quiet --detach "$$was/tree" "$(FROM)"; \
	$(MAKE) -C "$$was/tree" build-minimal plugin-redis VERSION=previous; \
	go test -count=1 -timeout 30m -run TestARollingUpgrade -v ./test/cluster -previous "$$was/tree/bin"

race: deps ## run all tests with the race detector
	@CGO_ENABLED=1 go test -race -count=1 -timeout 45m $(packages)

bench: ## measure, with ratios from one interleaved run (BENCH="-quick" or "-only fanout")
	@go run ./test/bench $(BENCH)

check: lint verify test ## everything that a change must pass

lint: tools ## vet, staticcheck, gofumpt
	@go vet $(packages)
	@$(staticcheck) $(packages)
	@out=$$($(gofumpt) -l $(modules)); test -z "$$out" || { echo "gofumpt would change (run: make fmt):"; echo "$$out"; exit 1; }

fmt: $(gofumpt) ## format the Go code
	@$(gofumpt) -w $(modules)

proto: ## regenerate the code of sdk/wire from its .proto files
	@sdk/wire/generate.sh

verify: tidy-check ## prove that generated code is current and every module is tidy
	@was=$$(mktemp -d); trap 'rm -rf "$$was"' EXIT; cp -R sdk/wire/backendv1 "$$was"; $(MAKE) proto; \
	diff -r "$$was/backendv1" sdk/wire/backendv1 || { echo 'generated code was not current: commit what "make proto" wrote'; exit 1; }

tidy-check: ## prove that go.mod and go.sum of every module are tidy and complete
	@failed=; for m in $(modules); do (cd $$m && GOWORK=off go mod tidy -diff) || failed+=" $$m"; done; \
	test -z "$$failed" || { echo "go mod tidy is due in:$$failed"; exit 1; }

tools: $(staticcheck) $(gofumpt) ## install the pinned lint tools outside the tree

$(tools)/staticcheck-%:
	@mkdir -p $(tools)
	@GOFLAGS= GOWORK=off GOBIN=$(tools) go install honnef.co/go/tools/cmd/staticcheck@$*
	@mv $(tools)/staticcheck $@

$(tools)/gofumpt-%:
	@mkdir -p $(tools)
	@GOFLAGS= GOWORK=off GOBIN=$(tools) go install mvdan.cc/gofumpt@$*
	@mv $(tools)/gofumpt $@

deps: programs $(interop) $(kosoku) $(node_servers) $(java_servers) ## install what the tests need: servers, a browser, the pinned clients and cases

programs:
	@missing=; for p in $(programs); do PATH="$$PATH:/usr/sbin" command -v $${p%%=*} >/dev/null || missing+=" $${p##*=}"; done; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=" python3 python3-venv"; \
	test -z "$$missing" || { echo "installing$$missing"; apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

$(interop): test/interop/package-lock.json | programs
	@node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' || { echo "the clients need Node.js 20 or later, this is $$(node --version)" >&2; exit 1; }
	@npm ci --prefix test/interop --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

# A server stands in its directory only when it is complete: name-version from test/servers/name.
install_server = rm -rf $@.new; mkdir -p $@.new; $(1); mv $@.new $@
server_name    = $(shell echo $(notdir $@) | sed 's/-[0-9.]*$$//')

$(node_servers): | programs
	@$(call install_server,cp test/servers/$(server_name)/package*.json $@.new; \
	npm ci --prefix $@.new --no-audit --no-fund --ignore-scripts --loglevel=error)

$(java_servers): | programs
	@$(call install_server,mvn -B -q -f test/servers/$(server_name)/pom.xml dependency:copy-dependencies -DoutputDirectory=$@.new/lib)
# The cases of the Autobahn test suite, with a runner that needs no Python 2.
$(kosoku): test/rfc6455/requirements.txt | programs
	@python3 -m venv $(patsubst %/bin/,%,$(dir $@))
	@$(@D)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

clean: ## remove what was built
	@rm -rf bin test/interop/node_modules
