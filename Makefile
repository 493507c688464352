# Everything runs in .venv, pinned by constraints.txt. torch is named exactly: 2.13.0 is the CPU build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check lint format types docs clean

demo: $(READY)  ## the whole way on a synthetic cohort: runs/demo/index.html, runs/demo/model
	$(BIN)/priorrg demo

test: $(READY)  ## every test, the slow ones too
	$(BIN)/python -m pytest

check: lint types $(READY)  ## format, lint, types, import contracts, the quick tests
	$(BIN)/python -m pytest -m "not slow"

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)  ## the CLI reference as the verbs tell it, the tables as they were measured
	$(BIN)/python -m typer priorrg.cli utils docs --name priorrg --output docs/cli.md
	$(BIN)/python -m priorrg.settings_reference > docs/settings.md
	$(BIN)/python -m benchmarks.document

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 -c constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	touch $@

clean:
	rm -rf $(VENV) runs
