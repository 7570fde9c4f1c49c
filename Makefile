# Everything from nothing: `make demo` and `make test` need only make and Python 3.11 or newer.
#
#   make demo     environment, data, build with progress, a report to look at (in ./demo)
#   make demo-saas  the same of a simulated software company: databases, journey (in ./demo-saas)
#   make test     every test there is, after `make check`
#   make check    style, types, import rules, dead code: quick
#   make format   let ruff put the code in order
#   make docs     write the generated reference pages again
#   make lock     resolve the dependencies again and pin them (requirements-dev.lock)
#
# VENV=folder puts the environment elsewhere; PYTHON=program chooses the interpreter it is made with;
# PYTEST_ARGS="-k name" narrows the tests.

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=

STAMP := $(VENV)/.made-by-make
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help environment demo demo-saas test check format docs lock browser databases clean

help:
	@sed -n 's/^#   //p' Makefile

# A folder that make did not make is used as it stands and never changed.
ifneq ($(and $(wildcard $(BIN)/python),$(if $(wildcard $(VENV)/.begun-by-make),,yes)),)
environment:
	@echo "note: $(VENV) was not made by make; it is used as it stands"
else
environment: $(STAMP)
endif

$(STAMP): requirements-dev.lock tools/make-environment
	@PYTHON="$(PYTHON)" sh tools/make-environment "$(VENV)" && touch $@

demo: environment
	$(BIN)/genome demo --dir demo --no-serve

demo-saas: environment
	$(BIN)/genome demo saas --dir demo-saas --no-serve

test: check browser databases
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/find_unused.py

format: environment
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: environment
	$(BIN)/python tools/write_reference.py

# The report is tested in a real browser.
browser:
	@sh tools/find-browser

# Connected sources are tested against real servers.
databases:
	@sh tools/find-databases

lock: environment
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --extra demo --extra sources \
		--no-annotate --custom-compile-command "make lock" --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf demo demo-saas build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	test ! -e $(VENV)/.begun-by-make || rm -rf $(VENV)
