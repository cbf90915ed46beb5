# What CI runs, nothing more. `make run` and `make test` set everything up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CORE := $(wildcard cpp/*) pyproject.toml

.PHONY: run test test-all bench bench-tabular exhaustive sanitize lint format clean

run: $(VENV)/.built
	$(BIN)/shoal run examples/greater.toml

test: $(VENV)/.built $(VENV)/.tested
	$(BIN)/python -m pytest -n auto -m "not slow"
	$(MAKE) lint

test-all: $(VENV)/.built $(VENV)/.tested $(VENV)/.peered
	$(BIN)/python -m pytest -n auto
	$(MAKE) lint

bench: $(VENV)/.built $(VENV)/.benched
	$(BIN)/python -m benchmarks

bench-tabular: $(VENV)/.built $(VENV)/.tested
	$(BIN)/python -m benchmarks.tabular

exhaustive: $(VENV)/.built $(VENV)/.tested
	$(BIN)/python tools/exhaustive.py

sanitize: $(VENV)/.built $(VENV)/.tested
	$(BIN)/python tools/sanitize.py

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror cpp/*.cpp cpp/*.hpp

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i cpp/*.cpp cpp/*.hpp

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.made: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shoal needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt scikit-build-core nanobind cmake ninja
	touch $@

$(VENV)/.built: $(VENV)/.made $(CORE)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install -q -c constraints.txt --no-build-isolation -e .
	touch $@

$(VENV)/.tested: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py test viz cluster search sklearn export lab lint)
	touch $@

$(VENV)/.peered: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py peers)
	touch $@

$(VENV)/.benched: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py bench)
	touch $@
