# Everything livedata can do from a bare checkout. All that is needed is make and Python 3.11 or newer.
#
#   make demo    a simulated instrument, live in the terminal for some 20 s, recorded, and proven equal
#   make lab     JupyterLab on the first notebook
#   make test    every check there is: style, types, import contracts, tests
#   make bench   how fast the hot paths are, beside their peers
#   make fuzz    two million spoilt messages, and half an hour of guided ones
#   make soak    half an hour of five million events a second, and views that come and go
#
# PYTHON=/path/to/python picks the interpreter; OUT=folder says where the demo puts its files;
# ARGS="..." is handed on to livedata demo, pytest, the benchmarks, the fuzzers or the soak.

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo lab test bench fuzz soak lint types format tools clean

VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt
WHAT := pyproject.toml constraints.txt
OUT := .
ARGS :=

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.core ## a live instrument in the terminal, recorded, and proven equal to its file
	@$(RUN) -m livedata demo --out "$(OUT)" $(ARGS)
	@echo 'To see it live in a notebook:  make lab'

lab: $(VENV)/.lab ## JupyterLab on the first notebook
	@$(RUN) -m jupyter lab notebooks/01-first-light.ipynb

test: lint types tools ## every check: style, types, import contracts, tests
	$(RUN) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile $(ARGS)

bench: $(VENV)/.test ## measure the hot paths beside their peers
	$(RUN) -m benchmarks $(ARGS)

fuzz: $(VENV)/.fuzz ## spoilt messages by the million: nothing but DecodeError, in time and memory
	$(RUN) -m fuzz $(ARGS)

soak: $(VENV)/.test ## half an hour of hard use: everything adds up, memory stays flat, no thread is left
	$(RUN) -m soak $(ARGS)

lint: $(VENV)/.test ## style and import contracts
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(VENV)/bin/lint-imports --no-cache

types: $(VENV)/.test ## mypy --strict on src
	$(RUN) -m mypy --strict src

format: $(VENV)/.test ## put the code in shape
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

tools: $(VENV)/.test ## what the tests need beside Python: Chromium, flatc, Kafka's jars
	@sh tools/test-tools.sh $(RUN)

clean: ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests benchmarks fuzz soak -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Each stamp says what is installed. A larger one brings the smaller ones along, so that a second run has nothing to do.

$(VENV)/.made: tools/make-venv.sh
	@sh tools/make-venv.sh $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.core: $(VENV)/.made $(WHAT)
	@echo 'Installing livedata into $(VENV) ...'
	@$(PIP) -e .
	@touch $@

$(VENV)/.lab: $(VENV)/.made $(WHAT)
	@echo 'Installing livedata and JupyterLab into $(VENV) ...'
	@$(PIP) -e '.[lab]'
	@touch $@ $(VENV)/.core

$(VENV)/.test: $(VENV)/.made $(WHAT)
	@echo 'Installing livedata and all that its tests need into $(VENV) ...'
	@$(PIP) -e '.[test]'
	@touch $@ $(VENV)/.core $(VENV)/.lab

$(VENV)/.fuzz: $(VENV)/.test
	@echo 'Installing the guided fuzzer into $(VENV) ...'
	@$(PIP) -e '.[test,fuzz]'
	@touch $@
