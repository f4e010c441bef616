# Everything a developer or an operator types. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIN := --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header --quiet
export PYTHONUNBUFFERED = 1
# Tests and `make run` start the program often: keep its bytecode, whatever the machine's own setting is.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help install run reset test check format lock screens bench bench-inprocess bench-peers translations docs sbom audit image try-image try-compose deb try-deb boot-deb try-hardened chart matrix failover upgrade-rehearsal chaos

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

$(VENV)/.runtime: requirements.lock setup.cfg pyproject.toml
	@PYTHON=$(PYTHON) tools/install runtime
	@touch $@

$(VENV)/.tools: requirements-test.lock setup.cfg pyproject.toml
	@PYTHON=$(PYTHON) tools/install tools
	@touch $@ $(VENV)/.runtime

$(VENV)/.tests: requirements-test.lock setup.cfg pyproject.toml tools/install tests/e2e/node/package-lock.json
	@PYTHON=$(PYTHON) tools/install tests
	@touch $@ $(VENV)/.tools $(VENV)/.runtime

install: $(VENV)/.runtime ## Install the provider into .venv

run: $(VENV)/.runtime ## Start the provider, its worker, four sample portals and the inbox
	@$(BIN)/python -m examples.run

reset: ## Throw the development database and its messages away
	@rm -rf var && echo "var/ is gone; make run starts afresh."

test: $(VENV)/.tests ## Run everything that CI runs
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

matrix: $(VENV)/.tests ## Run the tests with each Python of 3.11 to 3.14 that is installed (PYTEST=… as for test)
	@tools/matrix $(PYTEST)

check: $(VENV)/.tools ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.tools ## Put the code in its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.runtime ## Pin every dependency anew
	$(BIN)/uv pip compile $(PIN) setup.cfg --extra postgresql -o requirements.lock
	$(BIN)/uv pip compile $(PIN) setup.cfg --all-extras -o requirements-test.lock
	echo setuptools | $(BIN)/uv pip compile $(PIN) - -o tools/build.lock
	echo uv | $(BIN)/uv pip compile $(PIN) - -o tools/uv.lock
	printf 'cyclonedx-python-lib\npackaging\n' | $(BIN)/uv pip compile $(PIN) - -o tools/sbom.lock

docs: $(VENV)/.tools ## Regenerate what is made from the code: journeys, spec index, security pages, list of proofs, commands
	@$(BIN)/python -m flows
	@$(BIN)/python -m tools.spec_index
	@$(BIN)/python -m tools.security_docs
	@$(BIN)/python -m tests.criteria
	@$(BIN)/python -m tests.commands_page

screens: $(VENV)/.tests ## Write var/screens: every page as its readers see it; renew docs/pictures
	@$(BIN)/python -m tests.screens

bench: $(VENV)/.tests ## Measure the hot paths as ratios in one run
	@$(BIN)/python -m bench

bench-inprocess: $(VENV)/.tests ## Processor time of each protocol operation beside a bare Flask route
	@$(BIN)/python -m bench.inprocess

bench-peers: $(VENV)/.tests ## Measure beside oidc-provider and Keycloak, about ten minutes; writes bench/results.md
	@$(BIN)/python -m bench.peers

failover: $(VENV)/.tests ## Kill the primary database under load, on this machine (patroni, etcd-server, haproxy)
	@$(BIN)/python -m bench.failover

chaos: $(VENV)/.tests ## Break an installation in every known way while people sign in (root: also its disk)
	@$(BIN)/python -m bench.fleet.chaos

upgrade-rehearsal: $(VENV)/.tests ## Upgrade the previous release to this one and rotate every secret while people sign in
	@$(BIN)/python -m bench.fleet.rolling

translations: $(VENV)/.tools ## Add new messages to the catalogues, drop dead ones, list what is missing
	@$(BIN)/python tools/translations.py

sbom: $(VENV)/.tools ## Write build/vestibule.cdx.json (CycloneDX) and build/LICENCES.txt; fail on a licence that is not allowed
	@$(BIN)/python -m tools.sbom --to build

image: ## Build the container image (buildah; BASE=an image of Debian 12, NAME=, OPTIONS= of buildah build)
	@packaging/container/build $(or $(NAME),localhost/vestibule:latest) $(OPTIONS)

try-image: ## Run the image with podman as an operator does; print its size and times
	@packaging/container/try $(or $(NAME),localhost/vestibule:latest)

try-compose: ## Start compose.yaml by its one command, use it and remove it (docker-compose; DOCKER_HOST=podman's socket)
	@packaging/compose/try $(or $(COMPOSE),docker-compose)

deb: ## Build the Debian package for this machine's release into build/ (debhelper)
	@packaging/debian/build

try-deb: ## Install, use and remove the Debian package in a Debian of its own (root, mmdebstrap)
	@packaging/debian/try $$(ls -t build/vestibule_*.deb | head -1)

boot-deb: ## Boot a Debian with the package in a container of systemd, and see its units serve (root, systemd-container)
	@packaging/debian/boot $$(ls -t build/vestibule_*.deb | head -1)

try-hardened: ## Harden a Debian with the package by the lines of docs/operations.md (root, systemd-container)
	@packaging/hardened/try $$(ls -t build/vestibule_*.deb | head -1)

chart: $(VENV)/.tools ## Render the chart for Kubernetes and hold it against the schemas (helm, or Go to install it)
	@packaging/kubernetes/check

audit: $(VENV)/.tools ## Look for known vulnerabilities of the pinned packages (asks PyPI; says so and fails where it cannot)
	@$(BIN)/python -m tools.audit
