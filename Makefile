# On a fresh machine two commands matter: `make demo` and `make test`. `make help` lists the others.
#
# One `.venv` is built in steps, so that the demonstration does not wait for linters and stub files:
#   requirements/run.lock   what a plan's server needs, and setuptools, which installs this project
#   requirements/dev.lock   all of that and the tools of development
# Each step leaves a stamp named by the checksum of both locks. Nothing is installed twice, and a
# changed lock starts again from an empty `.venv`, so that no package of an older lock stays behind.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := $(shell cat requirements/*.lock | cksum | cut -d ' ' -f 1)
RUN := .venv/run-$(LOCKED)
DEV := .venv/dev-$(LOCKED)
PROJECT := .venv/project
PAGES := docs --settings config/README.md

.PHONY: help dev check fix test demo bench docs package lock
.DEFAULT_GOAL := help

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 10

dev: $(DEV) $(PROJECT) ## Build .venv with everything for development

check: dev ## Lint, formatting, types, import rules and generated pages; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clr schema docs $(PAGES) --check

fix: dev ## Apply what ruff can repair, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: dev ## Run the whole test suite
	$(BIN)/python -m pytest -n auto --dist worksteal

demo: $(PROJECT) ## Run the whole monthly cycle on a synthetic plan
	$(BIN)/clr demo

bench: dev ## Measure time and memory
	$(BIN)/python -m bench

docs: dev ## Write the generated pages: data dictionary, rules, settings
	$(BIN)/clr schema docs $(PAGES)

package: dev ## Build sdist and wheel into dist/ and test them there
	rm -rf build dist
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/python -m pytest tests/packaging --wheel-in dist

# Hashes are those of every platform's files, so that one lock serves all. Only what pyproject.toml
# demands changes; `make lock UPGRADE=--upgrade` takes the newest of everything.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) --generate-hashes \
	--strip-extras --allow-unsafe --all-build-deps --no-emit-options

lock: ## Renew requirements/*.lock from pyproject.toml
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --quiet pip-tools==7.6.2
	$(COMPILE) --output-file requirements/run.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements/run.lock --output-file requirements/dev.lock pyproject.toml

$(RUN):
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "$(PYTHON) is not Python 3.11 or newer with venv (Debian: apt-get install python3-venv; or: make PYTHON=python3.13 …)" >&2; exit 2; }
	@echo "Building .venv from requirements/run.lock" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --require-hashes --requirement requirements/run.lock
	@touch $@

$(DEV): $(RUN)
	@echo "Adding the tools of requirements/dev.lock" >&2
	@$(PIP) install --require-hashes --requirement requirements/dev.lock
	@touch $@

# Editable: the sources are what runs. Again whenever the metadata or the command's name changes.
$(PROJECT): $(RUN) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
