# What people run. A fresh clone needs Python 3.11 or later, make and a package index, nothing else:
# the first target makes .venv and installs into it, later ones only when pyproject.toml changed.
#
#   make demo           play the whole service on this machine, no accounts needed (ONCE=1: and end)
#   make test           all tests                   (ARGS="-k name": some of them)
#   make lint           style, format, types
#   make check          what a change must pass: lint and test
#   make bench          how fast it is
#   make simulate       whole services in random trouble against every promise (SEEDS=200 of them,
#                       FIRST=0 the first one, WORKERS=2 processes; SEED=7: tell the story of one)

PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; \
	done)
BIN := .venv/bin
WORKERS ?= 2

.PHONY: help demo test lint check bench simulate
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/.ready
	@$(BIN)/ubm-sync demo $(if $(filter-out 0 no false,$(ONCE)),--once)

test: .venv/.ready-to-develop
	@$(BIN)/pytest --no-header -n $(WORKERS) --dist worksteal $(ARGS)

lint: .venv/.ready-to-develop
	@$(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet && $(BIN)/mypy

check: lint test

bench: .venv/.ready-to-develop
	@$(BIN)/python -m tests.bench $(ARGS)

simulate: .venv/.ready-to-develop
	@$(BIN)/python -m tests.simulation --workers $(WORKERS) --seeds $(or $(SEEDS),200) \
		--first $(or $(FIRST),0) $(if $(SEED),--seed $(SEED)) $(ARGS)

.venv/.ready: pyproject.toml .ci/install
	@.ci/install "$(PYTHON)" .venv
	@touch $@

# Everything the service needs is in it too.
.venv/.ready-to-develop: pyproject.toml .ci/install
	@.ci/install "$(PYTHON)" .venv dev
	@touch .venv/.ready $@
