# `make demo` and `make test` need Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
# Processes among which the tests are shared out.
WORKERS ?= auto
NPM_QUIETLY := --silent --ignore-scripts --no-audit --no-fund --no-package-lock --omit=optional --legacy-peer-deps

.PHONY: demo test check style types engines lowest bench kills hostile scale peers pythons docs clean

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	touch $@

# The main job against a loopback lemlist: import examples/contacts.csv, add to a list, sync it.
demo: .venv/ready
	$(BIN)/python examples/demo.py

# All the tests, on real sockets, with branch coverage.
test: .venv/ready
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses $(WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# The matrix of faults and calls, of which `make test` takes a small share; for a nightly run.
hostile: .venv/ready
	HOSTILE=6000 $(BIN)/python -m pytest -q tests/hostile

# Jobs killed at random moments, from cold and by the hundred; for a nightly run.
kills: .venv/ready
	LEMLIST_KILLS=300 $(BIN)/python -m pytest -q --numprocesses $(WORKERS) tests/jobs/test_kill.py tests/jobs/test_kills.py

# Style, types, imports, and the wheel in a clean environment.
check: style types
	PYTHON=$(PYTHON) sh tests/wheel.sh

style: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/ready
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

# The documentation's site, into site/; a warning is an error.
docs: .venv/ready
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python docs/commands.py
	$(BIN)/python docs/figures.py
	$(BIN)/zensical build --strict

# The fast tests on every Python that is found, or on those of PYTHONS="python3.11 …", each in an environment of its own.
pythons:
	sh tests/pythons.sh $(PYTHONS)

# The fast tests with the lowest versions of all dependencies that pyproject.toml allows.
lowest: .venv/ready
	sh tests/lowest.sh

# The examples for Airflow, Dagster, Prefect and Temporal, on the real engines, in an environment of their own.
engines: .venv/ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-engines
	$(BIN)/uv pip install --quiet --python .venv-engines/bin/python --editable ".[all]" --group dev --group engines
	.venv-engines/bin/python -m pytest -q tests/test_engines.py

# Side by side, with ratios; the machine's noise cancels out.
bench: .venv/ready
	$(BIN)/python benchmarks
	$(BIN)/python benchmarks/jobs.py

# Other people's clients of lemlist against the sandbox; needs node, says so in a line without it.
peers: .venv/ready
	if command -v npm; then cd tests/peers && npm install $(NPM_QUIETLY) && npm run --silent n8n; fi
	$(BIN)/pytest -q tests/peers

# Workers, PostgreSQL and the network killed and frozen, at length.
scale: .venv/ready
	LEMLIST_SCALE=long $(BIN)/pytest -q --numprocesses $(WORKERS) tests/scale

clean:
	rm -rf .venv .venv-* tests/peers/node_modules dist build site .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
