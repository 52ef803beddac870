# The Python that creates .venv. Every target creates or updates .venv first if necessary.
PYTHON ?= python3
# The tests that `make test-slow` runs. .ci/run leaves out the longest.
SLOW ?= slow
# The folder of the studies' results, and the port of MLflow's pages.
RESULTS ?= results
PORT ?= 5000

BIN := .venv/bin
# Each test file runs in one process, because its tests share fixtures. Files run in the order of their
# names, so that some of the longest start first.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
DB := $(abspath $(RESULTS))/_mlflow/mlflow.db

.PHONY: help setup study test test-slow test-oldest test-cluster docs lint audit notebooks ui clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/.stamp ## create .venv with the versions pinned in constraints.txt

study: .venv/.stamp ## run the small audio study: minutes on two cores
	$(BIN)/python studies/audio_grid.py run --scale small --results "$(RESULTS)"

test: .venv/.stamp ## run the tests: minutes on two cores
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not cluster"

test-slow: .venv/.stamp ## run the tests that `make test` leaves out
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "$(SLOW)"

# torch 2.11 wants an older setuptools than the pinned one.
test-oldest: ## run the tests with the oldest torch, and with another Python (PYTHON=python3.12)
	$(PYTHON) -m venv .oldest
	grep -v -e '^torch==' -e '^setuptools==' constraints.txt > .oldest/constraints.txt
	.oldest/bin/python -m pip install -q --disable-pip-version-check -c .oldest/constraints.txt \
		torch==2.11.0 -e '.[cluster,dev]'
	.oldest/bin/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not cluster"

test-cluster: .venv/.stamp ## start a cluster of three machines here, and inject faults
	@$(BIN)/python -m tests.cluster.machines
	$(BIN)/python -m pytest -rs -m cluster

docs: .venv/.stamp ## build the pages of docs/ as a site; broken links are errors
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . docs/_build
	@echo "open docs/_build/docs/index.html"

lint: .venv/.stamp ## check style, types and the layers of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

# This uses a separate environment, and is not part of `lint`, because it downloads the advisories.
audit: ## look for known vulnerabilities in the pinned versions (needs the network)
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install -q --disable-pip-version-check pip-audit
	.audit/bin/pip-audit --strict --disable-pip --no-deps -r constraints.txt

notebooks: .venv/.stamp ## run the notebooks on the benchmark, and store their output
	$(BIN)/python analysis/notebooks/execute.py

ui: .venv/.stamp ## show the results in MLflow, on 127.0.0.1 (PORT=5000)
	@[ -f "$(DB)" ] || { echo "no study has run yet: make study" >&2; exit 2; }
	@echo "open http://127.0.0.1:$(PORT)/#/experiments?workflowType=machine_learning"
	MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow server \
		-w 1 --host 127.0.0.1 --port $(PORT) --backend-store-uri "sqlite:///$(DB)"

clean: ## remove .venv, caches and build leftovers, but keep results
	rm -rf .venv .audit .oldest build dist docs/_build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed: name one with make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) has no venv module: install it (on Debian: apt-get install python3-venv)" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@echo "installing the packages into .venv, about 3 GB: this takes some minutes and prints nothing"
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[cluster,dev]'
	@touch $@
