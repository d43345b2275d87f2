# Every target does all of its own set-up: Python >= 3.11, make and pip are enough.
#
#   make demo    a winning ticket end to end, checked and explained on a page, in about a minute
#   make test    the fast tests and every documented example
#   make docs    the documentation as a site, notebooks included, in build/docs
#   make check   style, types, the site, the slow tests, and the kernels uncompiled for overflows

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
DOCS_READY := $(VENV)/docs-ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test docs check style types slow overflow clean

help:
	@sed -n 's/^#  *make /  make /p' Makefile

demo: $(READY)
	@$(BIN)/slth demo
	@echo "(slth is $(BIN)/slth; 'source $(BIN)/activate' lets you call it by name)"

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "not slow"

# Every warning is an error, and so is a notebook that does not run.
docs: $(DOCS_READY)
	$(BIN)/python -m sphinx -W --keep-going -q -d build/doctrees docs build/docs
	@echo "build/docs/index.html: written"

# The slow tests leave the notebooks they ran, so the site need not run them again.
check: style types overflow slow docs

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# Exit status 5 is pytest's "no test was selected".
slow: $(DOCS_READY)
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m slow \
		|| test $$? -eq 5

# Uncompiled, numpy warns of every integer overflow; pyproject.toml turns warnings into errors.
overflow: $(READY)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -p no:xdist -m "overflow and not slow" tests

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "slth_opt needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is" \
		"$$($(PYTHON) --version 2>&1 | head -1)." \
		"Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt hatchling editables
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $(READY)

$(DOCS_READY): $(READY)
	@echo "Adding what the documentation needs (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt --no-build-isolation -e '.[dev,docs]'
	@touch $(DOCS_READY)

clean:
	rm -rf $(VENV) build dist docs/api docs/notebooks .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find slth_opt tests -name __pycache__ -type d -prune -exec rm -rf {} +
