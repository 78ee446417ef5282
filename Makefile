# The commands of this repository. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help serve test bench conformance lint types lock clean
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
# The addresses that the demo prints are to stay in sight.
QUIETLY = DROPBRIDGE_LOG__LEVEL=$${DROPBRIDGE_LOG__LEVEL:-warning} DROPBRIDGE_LOG__FORMAT=$${DROPBRIDGE_LOG__FORMAT:-text}

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

serve: .venv/ready-to-run ## run the demo on http://127.0.0.1:8000 (PORT= and HOST= choose another)
	@.venv/bin/dropbridge upgrade
	@$(QUIETLY) exec .venv/bin/dropbridge serve --demo $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: .venv/ready-to-test ## set up all that the tests need and run them (ARGS= for pytest, DEEP=1 for the long runs as well)
	@tests/setup/run.sh
	@.venv/bin/python -m pytest -n 2 --dist loadgroup $(if $(DEEP),,-m "not deep") $(ARGS)

bench: .venv/ready-to-test ## measure beside stock Radicale and print the tables
	@tests/setup/run.sh
	@.venv/bin/python -m benchmarks $(ARGS)

conformance: .venv/ready-to-test ## run the public CalDAV suites against a server of ours
	@tests/setup/run.sh
	@.venv/bin/python -m tests.conformance $(ARGS)

lint: .venv/ready-to-test ## check the style
	@.venv/bin/ruff check .

types: .venv/ready-to-test ## check the types
	@.venv/bin/mypy

lock: .venv/ready-to-test ## take newer versions of the dependencies into the lock files
	@.ci/lock

clean: ## remove what can be made again; var/ with its database stays
	rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache tests/node/node_modules
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# The lock for tests holds all of the lock to run, in the same versions: one environment serves both.
.venv/ready-to-run: requirements.lock setup.cfg pyproject.toml
	@.ci/venv requirements.lock
	@touch $@

.venv/ready-to-test: requirements-test.lock setup.cfg pyproject.toml
	@.ci/venv requirements-test.lock
	@touch $@ .venv/ready-to-run
