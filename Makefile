# The parity kit. "make help" lists what there is to make.

programs := $(patsubst c/%.c,%,$(wildcard c/*.c))
ports    := $(patsubst go/%/main.go,%,$(wildcard go/*/main.go))

# Where everything goes that is built. The sources stay where they are, so the reports name them
# also when another machine is built for.
BUILD := build

CC     := gcc
CFLAGS := -std=c17 -D_GNU_SOURCE -O0 -g -Wall -Wextra -Werror

# No cgo: a port speaks to the kernel itself, and one that went through libc
# would hold libc against libc. So a port that needs cgo does not build.
export CGO_ENABLED := 0
# Version stamping fails in a clone that belongs to another user.
export GOFLAGS := $(GOFLAGS) -buildvcs=false
# A Go that is too old is an error, not a download.
export GOTOOLCHAIN := local

.PHONY: build parity test pair install docs bench mutants arm64 clean help setup

build: setup $(programs:%=$(BUILD)/c/%) ## build the tool, the C programs and the ports into build/
	@mkdir -p $(BUILD)/go
	go build -o $(BUILD)/parity ./compare/cmd/parity
	$(if $(ports),go build -o $(BUILD)/go/ $(ports:%=./go/%))

parity: build ## does each port behave as its C program does (as the one below ORIGINALS=DIR)?
	$(if $(ORIGINALS),CC='$(CC)' scripts/originals "$$ORIGINALS",build/parity run)

test: build ## run all tests
	scripts/setup test
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || \
		{ echo "not formatted, run gofmt -w on: $$unformatted" >&2; exit 1; }
	go vet ./...
	go test -timeout 20m ./...

pair: ## write a new pair of programs and its case: make pair NAME=hello
	@scripts/pair "$$NAME"

PREFIX := /usr/local

install: build ## install the tool, its manual page and completions below PREFIX=/usr/local
	install -D build/parity $(DESTDIR)$(PREFIX)/bin/parity
	@mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions
	build/parity help man >$(DESTDIR)$(PREFIX)/share/man/man1/parity.1
	build/parity help bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/parity
	build/parity help zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_parity

docs: build ## refresh what the documents show of the tool and the programs
	go test ./compare/cmd/parity -run 'TestDocuments$$' -count=1 -update

bench: build ## measure what tracing costs, and the echo servers with 500 clients
	scripts/setup test
	scripts/bench

mutants: build ## put faults into all programs: are they found, and at their lines?
	go build -o build/mutants ./compare/mutants
	build/mutants

arm64: ## run the cases (CASES=..., else all, and tests) on an emulated arm64 machine
	scripts/arm64 $(CASES)

clean: ## remove what was built
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 8

setup: # install missing compilers, or say how
	@scripts/setup build

$(BUILD)/c/%: c/%.c Makefile | setup
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $<
