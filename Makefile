# Small solutions are quicker on one thread than on several that wait for TensorFlow.
export OPENBLAS_NUM_THREADS = 1
export TF_CPP_MIN_LOG_LEVEL = 2

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test lint benchmark load clean

run: $(VENV)/app-installed
	$(BIN)/python -m pages.ui.serve --server.port 8501

test: $(VENV)/tests-installed
	$(BIN)/python -m pytest

lint: $(VENV)/tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The peers that benchmarks measure against live in an environment of their own.
benchmark: $(VENV)-benchmarks/installed
	$(VENV)-benchmarks/bin/python -m tests.benchmarks

# Twenty visitors at once: how long each waits for the maps.
load: $(VENV)/tests-installed
	$(BIN)/python -m tests.benchmarks load

clean:
	rm -rf $(VENV) $(VENV)-benchmarks

$(VENV)/app-installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/tests-installed: requirements.txt tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

$(VENV)-benchmarks/installed: requirements.txt tests/requirements.txt tests/benchmarks/requirements.txt
	$(PYTHON) -m venv $(VENV)-benchmarks
	$(VENV)-benchmarks/bin/pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	touch $@
