# pbc. "make demo" and "make test" work on a fresh machine with Go, make and a network.

BUILD ?= build
GO    ?= go
# The platforms whose agents are embedded; empty means all.
PLATFORMS ?=
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build agents demo test unit race conformance bench docs lint fmt clean

help:
	@echo 'make demo         build pbc with its agents and run a demo playbook in a temporary folder'
	@echo 'make test         install what the tests need, then run them'
	@echo 'make build        $(BUILD)/pbc with embedded agents for every platform'
	@echo 'make agents       the agents alone'
	@echo 'make conformance  every scenario by pbc and by ansible-playbook; the score per area'
	@echo 'make integration  integration targets of ansible-core, run by pbc; needs a checkout and a program that runs them'
	@echo 'make bench        pbc beside ansible-playbook, Mitogen and ssh; expressions beside Jinja2; tables'
	@echo 'make docs         what is generated in docs/, from the code'
	@echo 'make lint         gofmt, go vet, staticcheck'

build: agents
	$(GO) build -trimpath -tags embed_agents -overlay $(BUILD)/agents/overlay.json -ldflags='-s -w -buildid=' -o $(BUILD)/pbc ./cmd/pbc

agents:
	$(GO) run ./internal/mkagents -o $(BUILD)/agents -platforms '$(PLATFORMS)'

demo:
	@./testdata/demo/run

test:
	@./.ci/prepare
	$(GO) test -timeout 60m ./...

# The packages in which goroutines share something, without the tests that only compare what commands print and what shells do with files.
RACE = $(GO) test -race -vet=off -timeout 15m -skip '^(TestScripts|TestEveryLoginShellStartsAnAgent|TestDamagedCacheIsReplaced)$$'
race:
	$(RACE) ./transport/... ./agent/... $$($(GO) list ./runtime/... | grep -E '/(controller|machine|callback)$$')
	$(RACE) ./cmd/pbc -args -order.plays=20

include conformance/conformance.mk

bench:
	@$(GO) run ./bench $(BENCH)
	@$(GO) run ./bench/expressions

# The parts of docs/ that the code's own tables tell.
docs:
	$(GO) run ./internal/docgen

lint: fmt
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fmt:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "gofmt would change:" >&2; echo "$$bad" >&2; exit 1; fi

clean:
	rm -rf $(BUILD)
