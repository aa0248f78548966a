# Everything runs from .venv, made on first use from requirements.lock (hash-checked). `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help demo test cover check format diagrams lock deep bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready ## watch a session survive a hostile server
	@$(BIN)/statekit demo

test: .venv/.ready ## run the tests
	@$(BIN)/python -m pytest -q

# Only tests that do the same every time: a line that chance alone comes to is not covered. So tests/laws is left out; and
# so are the type checkers, another language's parser, and an exploration at length of what is explored in short as well.
COVERING := $(filter-out %/test_typing.py %/test_public_types.py %/test_brute.py %/test_mermaid.py, \
    $(wildcard tests/test_*.py tests/check/test_*.py tests/draw/test_*.py)) \
    tests/codec tests/interop tests/run tests/testing tests/transports

cover: .venv/.ready ## measure that the tests of statekit pass through every line and branch of it
	@$(BIN)/coverage run -m pytest -q $(COVERING)
	@$(BIN)/coverage report --fail-under=100

check: .venv/.ready ## format, lint, types, the tables and the freshness of the pictures
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/statekit check --all
	$(BIN)/statekit diagram --all --check

format: .venv/.ready ## format, and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

diagrams: .venv/.ready ## draw the pictures again
	$(BIN)/statekit diagram --all

deep: .venv/.ready ## run the long campaigns
	@$(BIN)/python -m pytest -q -m deep
	$(BIN)/statekit check connection
	$(BIN)/statekit check session --thresholds deep

bench: .venv/.ready ## measure against peers and limits
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.exploring

# Pins stay as they are where they still fit; `make lock LOCK_FLAGS=--upgrade` moves them all.
lock: .venv-lock/bin/uv ## write requirements.lock again from pyproject.toml
	.venv-lock/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 --all-extras --group dev \
	    --generate-hashes --no-annotate --no-header --no-emit-package statekit $(LOCK_FLAGS) \
	    pyproject.toml -o requirements.lock

clean: ## remove what the tools left behind (.venv stays)
	rm -rf .venv-lock build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# Debian splits ensurepip from python3, so asking for the version alone would let `venv` fail with a page of text.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "statekit needs Python 3.11 or later with venv: apt-get install -y python3-venv make" \
	         "(or: make PYTHON=/path/to/python3.11)" >&2; exit 2; }
	@echo "preparing .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv-lock/bin/uv:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check -q install uv
