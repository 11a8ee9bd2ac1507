# Two commands are all the set-up: `make demo` and `make test`. Everything lands in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
SECONDS ?= 300
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit test-docker test-slurm test-gpu docs chaos clean

help:
	@echo "make demo    install into .venv and watch a real study (about a minute after set-up)"
	@echo "make test    install into .venv and run lint, types, import contracts and every test"
	@echo "make lint types unit    the parts of make test"
	@echo "make test-docker    build docker-compose.yml and run it whole, trials in containers, and workers"
	@echo "             as such: a Docker engine that runs, or as root on Linux one of its own (what is"
	@echo "             slow to make stays in ~/.cache/parzen-tests)"
	@echo "make test-gpu    run a CUDA objective on each slot of a machine with NVIDIA GPUs"
	@echo "make test-slurm    as root, with slurm-wlm and munge installed: run agents as jobs of a real"
	@echo "             Slurm, started for the tests and ended with them (about three minutes)"
	@echo "make docs    install into .venv and write the documentation to site/index.html"
	@echo "make chaos SECONDS=300 SEED=1    break everything at random for that long, and see (in a"
	@echo "             minute more) that nothing is lost"
	@echo "make clean   remove .venv and caches (studies in PARZEN_HOME stay)"
	@echo "PYTHON=python3.12 make ...    chooses the interpreter (3.10 or newer) of a new .venv"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "parzen needs Python 3.10 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1); try PYTHON=python3.12 make $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

# A stamp for each set of extras, older than pyproject.toml only when it must be installed again.
$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing parzen[$*] into $(VENV), a few minutes the first time ..."
	@$(PIP_INSTALL) -e '.[$*]'
	@$(if $(filter dev,$*),$(PIP_INSTALL) --no-deps -r tests/requirements-no-deps.txt)
	@touch $@

$(VENV)/.installed-dev: tests/requirements-no-deps.txt

demo: $(VENV)/.installed-embedded,demo
	@$(BIN)/parzen demo

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev
	$(BIN)/mypy

unit: $(VENV)/.installed-dev
	$(BIN)/pytest -n 3 --dist loadscope

test: lint types unit

test-docker: $(VENV)/.installed-dev
	$(BIN)/pytest -m docker

test-gpu: $(VENV)/.installed-dev
	$(BIN)/pytest -m gpu tests/worker/test_cuda.py

test-slurm: $(VENV)/.installed-dev
	$(BIN)/pytest -m slurm tests/worker/launch/slurm

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs site
	@echo "The documentation is in site/index.html"

# Faults are drawn from the seed: the same seed, the same faults. The last line is JSON.
chaos: $(VENV)/.installed-dev
	@PYTHONPATH=tests $(BIN)/python -m chaos --seconds $(SECONDS) --seed $(SEED)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist site
