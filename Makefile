# Everything starts here: `make help`. Works from a fresh clone on Debian 12 with python3, venv and make.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
DATA ?= .demo
STRICT ?=
BIN := .venv/bin
TRANSLATIONS := $(wildcard */*/translations/sl/LC_MESSAGES/messages.po)

export UV_PROJECT_ENVIRONMENT := .venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing is written outside the checkout and the data folder, downloads included.
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export npm_config_cache := $(CURDIR)/.cache/npm

.PHONY: help demo test check fmt bench vendor docs words clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/demo words ## install, migrate, seed and start everything on SQLite (PORT=, DATA=, DEMO_PASSWORD=, NOW=)
	@$(BIN)/python -m telehealth demo --port "$(PORT)" --data "$(DATA)" $(if $(NOW),--now "$(NOW)")

test: .venv/dev words ## install what the tests need and run all of them (STRICT=1: a skip is a failure)
	@STRICT="$(STRICT)" sh tests/prepare.sh
	@STRICT="$(STRICT)" $(BIN)/python -m pytest -n 2 --dist worksteal -q

check: .venv/dev words ## linters, types, import contracts, then all tests
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python vendor/fetch.py --check
	@if command -v npx >/dev/null; then npx --yes -p typescript@5 tsc -p jsconfig.json; \
	else echo "tsc skipped: Node is missing"; fi
	@$(MAKE) --no-print-directory test

fmt: .venv/dev ## format the code
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix-only .

bench: .venv/dev words ## measure ratios side by side in one run
	@$(BIN)/python -m bench

vendor: .venv/dev ## fetch the browser files named in vendor/ from npm packages (needs npm)
	$(BIN)/python vendor/fetch.py

docs: .venv/dev words ## build the documentation into docs/_build
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build

words: $(TRANSLATIONS:.po=.mo) ## compile the translations

%.mo: %.po | .venv/demo
	@$(BIN)/pybabel -q compile -i $< -o $@

clean: ## remove what was installed and built (the data folder stays)
	rm -rf .venv .cache docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install -q uv

.venv/demo: pyproject.toml uv.lock | .venv/bin/uv
	@$(BIN)/uv sync -q --frozen --inexact --extra web --extra gateway --extra media
	@touch $@

.venv/dev: pyproject.toml uv.lock | .venv/bin/uv
	@$(BIN)/uv sync -q --frozen --inexact --extra dev
	@touch $@ .venv/demo
