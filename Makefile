# Needs Python 3.11 or newer and make; everything else is installed into .venv, pinned by hash.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Not "?=": some shells export HOST as the name of the machine.
HOST = 127.0.0.1
PORT = 8000

# Steps of `test` run one by one, in the order written, also under `make -j`.
.NOTPARALLEL:
.PHONY: run test bench soak format lint lint-format lint-code lint-types lint-imports \
	check-content check-translations check-migrations translations migration lock clean

run: $(VENV)/.run-stamp
	@$(BIN)/somos run --demo --host $(HOST) --port $(PORT)

test: lint check-content check-translations check-migrations
	@echo "== Tests"
	@$(BIN)/pytest -n auto --dist worksteal

bench: $(VENV)/.test-stamp
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench_gateway
	@$(BIN)/python -m tests.bench_panel
	@$(BIN)/python -m tests.bench_broadcast

# About 40 minutes. Fewer: make soak ARGS="--kills 20 --minutes 3"
soak: $(VENV)/.test-stamp
	@$(BIN)/python -m tests.soak $(ARGS)

# --- Set-up. The stamps make every later start immediate. ---

# Nothing is compiled from source: a build would fetch tools that no hash pins.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
INSTALL_LOCKED := $(INSTALL) --require-hashes --only-binary=:all:

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Somos needs Python 3.11 or newer. If it has another name: make PYTHON=python3.13" >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv" >&2; \
		exit 1; }

# The project itself is built with the setuptools that requirements.txt pins (extra "build").
$(VENV)/.run-stamp: requirements.txt pyproject.toml | $(BIN)/pip
	@echo "Setting up: installing the pinned requirements (a minute or so, once)"
	@$(INSTALL_LOCKED) -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-stamp: requirements-dev.txt $(VENV)/.run-stamp
	@echo "Setting up: installing the tools for development"
	@$(INSTALL_LOCKED) -r requirements-dev.txt
	@touch $@

# --- Checks ---

lint: lint-format lint-code lint-types lint-imports

lint-format: $(VENV)/.test-stamp
	@echo "== Formatting"
	@$(BIN)/ruff format --check

lint-code: $(VENV)/.test-stamp
	@echo "== Code rules"
	@$(BIN)/ruff check

lint-types: $(VENV)/.test-stamp
	@echo "== Types"
	@$(BIN)/mypy

lint-imports: $(VENV)/.test-stamp
	@echo "== Who imports whom"
	@$(BIN)/lint-imports

check-content: $(VENV)/.test-stamp
	@echo "== Content"
	@$(BIN)/somos check --content

format: $(VENV)/.test-stamp
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

# --- Translations. No dates, places or wrapping in the files: a diff shows changed words only. ---

LANGUAGES := en
LOCALES := responses/locales
EXTRACT := $(BIN)/pybabel -q extract -F pyproject.toml --omit-header --no-location --no-wrap
UPDATE := $(BIN)/pybabel -q update -D somos -d $(LOCALES) --no-wrap --no-fuzzy-matching --ignore-obsolete \
	--ignore-pot-creation-date

# A throwaway folder $t for one recipe.
SCRATCH := t=$$(mktemp -d) && trap 'rm -rf "$$t"' EXIT

translations: $(VENV)/.test-stamp
	@mkdir -p $(LOCALES)
	@$(EXTRACT) -o $(LOCALES)/somos.pot .
	@for language in $(LANGUAGES); do \
		$(UPDATE) -i $(LOCALES)/somos.pot -l $$language --init-missing || exit 1; done

check-translations: $(VENV)/.test-stamp
	@echo "== Translations"
	@$(SCRATCH) && $(EXTRACT) -o "$$t/somos.pot" . && cmp "$$t/somos.pot" $(LOCALES)/somos.pot \
		&& for language in $(LANGUAGES); do \
			$(UPDATE) -i "$$t/somos.pot" -l $$language --init-missing --check || exit 1; done \
		|| { echo "Texts have changed. Run: make translations" >&2; exit 1; }

# --- Migrations, always against a fresh database: yours is not touched. ---

MIGRATED := $(SCRATCH) && export SOMOS_DATABASE_URL="sqlite:///$$t/fresh.db" \
	&& $(BIN)/alembic upgrade head

check-migrations: $(VENV)/.test-stamp
	@echo "== Migrations"
	@$(MIGRATED) && $(BIN)/alembic check

migration: $(VENV)/.test-stamp
	@test -n "$$m" || { echo 'Usage: make migration m="what changes"' >&2; exit 2; }
	@$(MIGRATED) && $(BIN)/alembic revision --autogenerate -m "$$m"

# --- Requirements. `make lock UPGRADE=1` also moves to newer versions. ---

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --extra build $(if $(UPGRADE),--upgrade)

lock: $(VENV)/.test-stamp
	@$(LOCK) -o requirements.txt
	@$(LOCK) --extra dev --constraint requirements.txt -o requirements-dev.txt

# Keeps .somos: it holds data.
clean:
	rm -rf $(VENV) build somos.egg-info .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis
	find bot intents responses storage tests -name __pycache__ -prune -exec rm -rf {} +
