# `make demo` and `make test` need nothing but Python 3.11 and a network that reaches a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Three processes for two cores, because tests wait too. Each has all tests of some modules, in the
# order of the folders. Bytecode is kept, whatever the environment says: tests start many processes.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder

.PHONY: demo test test-all check format translations audit bench soak fuzz fuzz-web lock clean

# Exactly the versions, by hash, that requirements/ names.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/installed: pyproject.toml requirements/build.txt requirements/test.txt
	@echo "Installing PyTorch and the rest into $(VENV): some minutes, without further words."
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps --require-hashes -r requirements/build.txt -r requirements/test.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# The newest versions that pyproject.toml allows, for every Python and system.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate --upgrade
lock: $(VENV)/installed
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) pyproject.toml --extra nats --extra postgres -o requirements/run.txt
	$(LOCK) pyproject.toml --extra nats --extra postgres --extra test \
		-c requirements/run.txt -c requirements/build.txt -o requirements/test.txt

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

# new messages into the catalogues of all languages, and old ones out
translations: $(VENV)/installed
	$(BIN)/python scripts/translations.py

# names locked packages with published holes; asks the index, so it needs the internet
audit: $(VENV)/installed
	$(BIN)/python -m pip install --quiet 'pip-audit>=2.9'
	$(BIN)/pip-audit --strict --disable-pip --require-hashes $(addprefix --requirement requirements/,build.txt run.txt test.txt)

bench: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks

# an hour of traffic; shorter with `make soak ARGS="--minutes 5"`
soak: $(VENV)/installed
	$(BIN)/python -m tests.soak $(ARGS)

# coverage-guided fuzzing of engine/images.py, then of the messages of workers and children, ten
# minutes each; `make fuzz ARGS=60` for one minute each
fuzz: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.fuzz_images $(ARGS)
	$(BIN)/python -m tests.fuzz.fuzz_wire $(ARGS)

# the same of the web pages, with raw HTTP
fuzz-web: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.fuzz_web $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
