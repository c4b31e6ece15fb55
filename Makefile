# `make demo` and `make test` need nothing but Python 3.11 and a network that reaches a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Two processes, each with all tests of some modules, in the order of the folders.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: demo test test-all check format audit bench soak fuzz fuzz-web clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/muralscape simulate $(ARGS)

# all but those that are marked slow
test: $(VENV)/installed
	$(PYTEST) -m "not slow" $(ARGS)

test-all: $(VENV)/installed
	$(PYTEST) $(ARGS)

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# names installed packages with published holes; asks the index, so it needs the internet
audit: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[audit]'
	mkdir -p build
	$(BIN)/python -m pip freeze --exclude-editable > build/installed.txt
	$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement build/installed.txt

bench: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks

# an hour of traffic; shorter with `make soak ARGS="--minutes 5"`
soak: $(VENV)/installed
	$(BIN)/python -m tests.soak $(ARGS)

# ten minutes of coverage-guided fuzzing of engine/images.py; `make fuzz ARGS=60` for one
fuzz: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.fuzz_images $(ARGS)

# the same of the web pages, with raw HTTP
fuzz-web: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.fuzz_web $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
