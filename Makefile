# Each goal does all it needs. `make test` is the whole gate, the same here and in CI.
SHELL := /bin/bash
# `make PYTHON=…` takes that one; otherwise the fastest of its version on this machine makes the environment.
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Where this is set, every process compiles all that it imports, some seconds each: the suites start many.
unexport PYTHONDONTWRITEBYTECODE
# What only looks at the code wants neither a pool nor a database of its own.
LOOK := DJANGO_SETTINGS_MODULE=fidelia.config.settings FIDELIA_DATABASE_POOL_MAX=0

.PHONY: setup demo run test test-slow check messages format bench clean

setup:
	@$(PYTHON) tools/prepare.py $(if $(filter file,$(origin PYTHON)),,--this-python)

demo: setup
	@$(BIN)/fidelia demo

run: setup
	@$(BIN)/fidelia run

test: setup check
	$(BIN)/pytest -n 2

test-slow: setup
	$(BIN)/pytest -m slow

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint src --lint --quiet
	$(BIN)/python tools/messages.py --check
	$(LOOK) $(BIN)/python -W ignore -m django makemigrations --check --dry-run
	$(BIN)/pytest -q tests/house

messages: setup
	$(BIN)/python tools/messages.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m benchmarks

# Removes what can be made again. The data in FIDELIA_HOME is nobody's to clean.
clean:
	rm -rf .venv build dist src/*.egg-info src/fidelia/locale/*/LC_MESSAGES
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
