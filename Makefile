# make and Python >= 3.11 (with venv, or uv) are all this needs; tools/setup.sh brings the rest into .venv.
BIN := .venv/bin
PYTHON := $(BIN)/python
READY := .venv/.ready

.PHONY: help check test coverage fmt docs demo bench torture upgrade clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile | awk -F': ' '{printf "make %-10s%s\n", $$1, $$2}'

$(READY): pyproject.toml tools/setup.sh tools/constraints.txt
	@sh tools/setup.sh
	@touch $@

check: $(READY) ## lint, types, architecture, shell
	$(PYTHON) -m ruff check --quiet
	$(PYTHON) -m ruff format --check --quiet
	$(PYTHON) -m mypy --no-error-summary
	$(BIN)/lint-imports --no-logo --no-cache
	$(PYTHON) -m tools.shell

test: check ## everything that must pass; the last line counts the tests
	$(PYTHON) -m pytest -n auto

coverage: $(READY) ## the tests again, with every branch counted
	$(PYTHON) -m pytest -n auto --cov

fmt: $(READY) ## format the code and fix what can be fixed
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

docs: $(READY) ## write docs/cli.md from the program itself
	$(PYTHON) -m tools.clidoc

demo: $(READY) ## the main job, on a host that is made for it and thrown away
	@$(PYTHON) demo/run.py

bench: $(READY) ## the times that are promised, measured here
	@set -e; for name in startup inventory diff; do $(PYTHON) benchmarks/$$name.py; done

torture: $(READY) ## changes of relay under load, some of them cut, a thousand cuts, fuzz, routes; as root: over an hour
	$(PYTHON) benchmarks/flips.py
	$(PYTHON) benchmarks/cuts.py
	$(PYTHON) benchmarks/fuzz.py
	POSTFIX_PAIRS=10000 $(PYTHON) -m pytest -q tests/mta/postfix/resolver/test_against_trivial_rewrite.py

upgrade: $(READY) ## the newest version of everything, written to tools/constraints.txt
	$(PYTHON) -m pip install --quiet --upgrade --upgrade-strategy eager --editable . --group dev
	$(PYTHON) -m pip freeze --exclude-editable > tools/constraints.txt

clean: ## remove what make made
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist
