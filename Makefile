# Small solutions are quicker on one thread than on several that wait for TensorFlow.
export OPENBLAS_NUM_THREADS = 1
export TF_CPP_MIN_LOG_LEVEL = 2

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# A worker for each of two processors; one that has finished takes over tests from the other.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 2 --dist worksteal

.PHONY: run doctor test quick installed served browser-on-cluster lint docs pictures benchmark load soak clean

run: $(VENV)/app-installed
	$(BIN)/python -m pages.ui.serve --server.port 8501

# What this machine lacks to run it, a line each.
doctor:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else f"{sys.executable} is Python {v.major}.{v.minor}; name one of 3.11 to 3.13: make doctor PYTHON=python3.12")'
	@$(MAKE) --silent --no-print-directory $(VENV)/app-installed
	@$(BIN)/python -c 'import attribution_core' 2>/dev/null || { echo "wrong  Packages: $(VENV) does not hold all of requirements.txt; remove it with make clean, and try again."; exit 1; }
	@$(BIN)/python -m attribution_core doctor

test: $(VENV)/tests-installed
	$(PYTEST) --durations=15

# Neither a browser nor a large network, and nothing that takes seconds.
quick: $(VENV)/tests-installed
	$(PYTEST) -m "not (browser or network or thorough or installed or served)"

# What `pip install` gives: built, and tried in an environment of its own.
installed: $(VENV)/tests-installed
	$(BIN)/python -m pytest -m installed --durations=15

# The app as its container runs it, behind its proxy: needs nginx.
served: $(VENV)/tests-installed
	$(BIN)/python -m pytest -m served

# What browsers see of two processes of the app behind a proxy, whose work two workers of one Dask
# scheduler do: needs nginx.
browser-on-cluster: $(VENV)/tests-installed
	$(BIN)/python -m pytest tests/browser --cluster --durations=15

lint: $(VENV)/tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation as a static site; a link that leads nowhere is an error.
docs: $(VENV)/docs-installed
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo "docs/_build/index.html"

# The pictures of README and documentation, taken of the running app in Chromium.
pictures: $(VENV)/tests-installed
	$(BIN)/python -m docs.make_pictures

# The peers that benchmarks measure against live in an environment of their own.
benchmark: $(VENV)-benchmarks/installed
	$(VENV)-benchmarks/bin/python -m tests.benchmarks

# Twenty visitors, at once and for some minutes: how long each waits for the maps.
load: $(VENV)/tests-installed
	$(BIN)/python -m tests.benchmarks load hall

# Many visitors who come and go, and many requests: whether all is given back.
soak: $(VENV)/tests-installed
	$(BIN)/python -m tests.benchmarks soak

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

$(VENV)/docs-installed: requirements.txt docs/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r docs/requirements.txt
	touch $@

$(VENV)-benchmarks/installed: requirements.txt tests/requirements.txt tests/benchmarks/requirements.txt
	$(PYTHON) -m venv $(VENV)-benchmarks
	$(VENV)-benchmarks/bin/pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	touch $@
