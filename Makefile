# Rapport needs Python 3.11 to 3.13, make and a package index; `make` makes the rest.
MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
export PYTHONUNBUFFERED = 1
export TEST_STACK ?= embedded
PYTEST = $(PY) -m pytest $(PYTEST_ARGS)

.PHONY: help demo run test check bench eval lock clean

help: ## this list
	@echo 'Rapport. Targets:'
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(READY) ## everything on real sample data, with live progress; ONCE=1 ends with the summary, SCALE=small|full
	@$(PY) -m demo

run: $(READY) ## Kafka, Postgres and the services until Ctrl-C; DATA=folder (default .run), FRESH=1 starts with no data
	@$(PY) -m deploy.embedded run

test: check $(READY) ## everything; TEST_STACK=embedded|containers
	@$(PYTEST) -n 2 --dist worksteal -m slow tests/unit
	@$(PYTEST) -n 2 --dist worksteal tests/simulation
	@$(PYTEST) -n 2 --dist loadfile tests/contract
	@$(PYTEST) -n 2 --dist loadfile tests/integration
	@$(PYTEST) -n 2 --dist loadfile tests/faults tests/e2e tests/interop tests/browser

check: $(READY) ## format, lint, types, import contracts, unit tests that are quick
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PYTEST) -n 2 --dist worksteal -m 'not slow' tests/unit

bench: $(READY) ## figures beside their peers; JSON=file, SCALE=full
	@$(PY) -m bench

eval: $(READY) ## measured quality beside its peers on the sets of DATA=folder; JSON=file
	@$(PY) -m eval $(DATA)

lock: $(READY) ## new requirements/*.txt from pyproject.toml; UPGRADE=1 takes newer versions
	@requirements/lock.sh $(VENV)/bin/uv $(if $(UPGRADE),--upgrade)

clean: ## removes the environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(READY): requirements/all.txt requirements/install.sh
	@requirements/install.sh $(VENV)
	@ln -sf ../../rapport $(VENV)/bin/rapport
	@touch $@
