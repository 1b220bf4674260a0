# SPDX-License-Identifier: GPL-3.0-or-later
#
# make          says what there is
# make demo     shows everything from nothing
# make test     checks everything

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

venv := $(CURDIR)/build/venv/bin
python := $(venv)/python
bootstrap := tools/bootstrap.sh
step := tools/step.sh

# The tools find each other, and the collection, with nothing installed.
export PATH := $(venv):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections
# What Ansible and Molecule would otherwise keep in the user's home.
export ANSIBLE_HOME := $(CURDIR)/build/ansible

##@ See it
.PHONY: demo demo-aws
demo: lab-tools ## Fly the whole flight from nothing: build/report.html, build/flight.json
	@$(python) -m lab flight

demo-aws: venv ## A portal on AWS, through its whole life on emulators: build/cloud.json
	@$(python) -m lab cloud

##@ Check it
parts := lint test-unit test-integration test-molecule test-flight
.PHONY: test $(parts)
test: ## Every check: lint, unit, integration, molecule, flight
	@$(bootstrap) tools lab venv
	@tools/parts.sh $(parts)

checks := sanity ansible-lint docs-lint ruff yamllint changelog licences shellcheck
lint: venv ## Style, documentation, licences and ansible-test sanity
	@$(bootstrap) tools
	@$(MAKE) -j2 -k $(addprefix lint-,$(checks))

test-unit: venv ## Pure code and the rules of the repository
	@$(python) -m pytest -n 2 tests/unit

test-integration: lab-tools ## Modules and tools against real servers
	@$(python) -m pytest -v tests/integration/lab
	@# By themselves: modules collect their warnings only where no controller is loaded.
	@$(python) -m pytest -n 2 tests/integration/aws
	@$(python) -m pytest -n 2 tests/integration/consul tests/integration/vault

test-molecule: lab-tools ## Every role on real hosts; SCENARIO=consul for one
	@$(python) -m lab up --topology molecule
	@$(run_scenarios); \
	  status=$$?; $(python) -m lab down --topology molecule && exit $$status

test-flight: lab-tools ## The demo's flight, asserted
	@$(python) -m pytest -v -s tests/flight

.PHONY: bench
bench: lab-tools ## One benchmark beside its rival: make bench NAME=rollout
	@test -f "tests/bench/$(NAME).py" || { echo "bench: NAME is one of:" \
	  $$(grep -l __main__ tests/bench/*.py | xargs -n1 basename -s .py); exit 2; }
	@$(bootstrap) bench
	@ANSIBLE_COLLECTIONS_PATH=$(ANSIBLE_COLLECTIONS_PATH):$(CURDIR)/build/bench/site \
	  $(python) -m tests.bench.$(NAME)

##@ The lab by hand
.PHONY: lab-up lab-down lab-status lab-ssh
lab-up: lab-tools ## Boot the hosts of the flight
	@$(python) -m lab up

lab-down: lab-tools ## Remove exactly what lab-up made
	@$(python) -m lab down

lab-status: lab-tools ## Which hosts are up
	@$(python) -m lab status

lab-ssh: lab-tools ## A shell on a host: make lab-ssh HOST=web-a1
	@test -n "$(HOST)" || { echo "lab-ssh: name a host: make lab-ssh HOST=web-a1"; exit 2; }
	@$(python) -m lab ssh $(HOST)

##@ Make it
.PHONY: docs reference build clean
reference: venv ## docs/{aws,consul,vault}/: drawn from the resource types themselves
	@PYTHONPATH=build/collections $(python) tools/reference.py

docs: venv ## The documentation site: build/docs/index.html
	@tools/docs.sh

build: venv ## The archive that Ansible installs: build/vigie-run-*.tar.gz
	@ansible-galaxy collection build --force --output-path build

clean: ## Remove build/ (the lab first, when it is up)
	@test ! -x $(python) || { $(python) -m lab down; \
	  $(python) -m lab down --topology molecule; }
	@rm -rf build

.PHONY: help
help: ## This list
	@awk -f tools/help.awk $(MAKEFILE_LIST)

# --- What the targets above stand on -----------------------------------------

.PHONY: venv lab-tools
venv:
	@$(bootstrap) venv
	@mkdir -p build/collections/ansible_collections/vigie
	@ln -sfn ../../../.. build/collections/ansible_collections/vigie/run

lab-tools: venv
	@$(bootstrap) lab

# A scenario's own folder begins empty, or Molecule would skip what prepares it.
# Scenarios that share hosts follow one another; the two pairs go side by side.
scenarios := $(filter-out default,$(patsubst molecule/%/molecule.yml,%,\
  $(wildcard molecule/*/molecule.yml)))
# Not written out in the recipe: make -n would carry out a line that names MAKE.
run_scenarios = $(MAKE) -j2 -k $(addprefix molecule-,$(or $(SCENARIO),$(scenarios)))
scenario_targets := $(addprefix molecule-,$(scenarios))
.PHONY: $(scenario_targets)
$(scenario_targets): molecule-%:
	@rm -rf build/molecule/$*
	@MOLECULE_EPHEMERAL_DIRECTORY=$(CURDIR)/build/molecule/$* $(step) "molecule $*" \
	  molecule -c molecule/config.yml test -s $* --destroy never
ifndef SCENARIO
molecule-patch: molecule-haproxy
molecule-release: molecule-consul
molecule-vault: molecule-consul
molecule-rotation: molecule-patch molecule-release
endif

lint_targets := $(addprefix lint-,$(checks))
.PHONY: $(lint_targets)
lint-sanity:
	@$(step) "ansible-test sanity" $(python) tools/sanity.py

lint-ansible-lint:
	@$(step) "ansible-lint" ansible-lint --offline --profile production

lint-docs-lint:
	@$(step) "antsibull-docs" antsibull-docs lint-collection-docs --plugin-docs \
	  --validate-collection-refs=all .

lint-ruff:
	@$(step) "ruff check" ruff check
	@$(step) "ruff format" ruff format --check

lint-yamllint:
	@$(step) "yamllint" yamllint --strict .

lint-changelog:
	@$(step) "antsibull-changelog" antsibull-changelog lint

lint-licences:
	@$(step) "reuse" reuse lint

lint-shellcheck:
	@$(step) "shellcheck" shellcheck .ci/run $$(git ls-files -co --exclude-standard '*.sh')
