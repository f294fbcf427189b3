# `make demo` and `make test` set everything up from nothing but python3 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
# Compiled modules are kept: without them each process of the tests would compile pandas and the others again, for three seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo extras test test-slow test-deep lint docs web mutants bench bench-check gallery validity reference certificates notebooks audit release lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: $(VENV)/ready  ## set up, then compare the three designs in the morning rush and write the report
	$(BIN)/coffee compare morning-rush

PYTEST := $(BIN)/python -m pytest -n auto --durations=10 --durations-min=1
# A file's tests stay with one worker, so that they share what they have made; files come in the order of tests/conftest.py.
BY_FILE := --dist loadfile --no-loadscope-reorder

test: $(VENV)/ready-dev  ## set up, then run the quick tests, in a random order, and name the ten that took longest
	@echo "the quick tests take some minutes; $$(nproc 2>/dev/null || echo some) processors share them"
	$(PYTEST) $(BY_FILE) -m "not slow and not deep"

test-slow: $(VENV)/ready-dev  ## likewise those that need a server, a browser, a kernel or a whole matrix
	@echo "the slow tests take some fifteen minutes on two processors"
	$(PYTEST) $(BY_FILE) -m slow

test-deep: $(VENV)/ready-fuzz  ## all tests: quick, slow, and those that take long
	$(PYTEST)

mutants: $(VENV)/ready-mutants  ## mutation tests of ledger, provider, statistics and architectures: list small changes that no test notices
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/python -m tests.mutation

lint: $(VENV)/ready-dev  ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/lab/user_code.py
	$(BIN)/lint-imports

docs: $(VENV)/ready-docs  ## build the documentation as a site in site/index.html; a broken link is an error
	rm -rf site
	$(BIN)/python -m sphinx -W --keep-going --quiet -j auto -d site/.doctrees docs site
	rm -rf jupyter_execute  # where the pictures of the notebooks were on their way to the site
	@echo "documentation: site/index.html"

bench: $(VENV)/ready-dev  ## measure speed and memory, as ratios to references measured in the same run; writes docs/speed.md
	$(BIN)/python -m tests.bench

bench-check: $(VENV)/ready-dev  ## fail if anything takes more than twice as long as the committed ratios say
	$(BIN)/python -m tests.bench --check

gallery: $(VENV)/ready  ## write the committed sample reports anew
	$(BIN)/coffee compare city-rush --out reports/gallery/city-rush
	$(BIN)/coffee windows --out reports/gallery/windows
	$(BIN)/coffee explain morning-rush naive --out reports/gallery/explain
	$(BIN)/coffee play morning-rush naive outbox --force --out reports/gallery/play.html

validity: $(VENV)/ready  ## write docs/validity.md anew, all numbers of it simulated
	$(BIN)/coffee validity --page docs/validity.md

reference: $(VENV)/ready  ## write the parts of the documentation anew that are generated from the code
	$(BIN)/python -m docs.filled

notebooks: $(VENV)/ready-notebook  ## run the notebooks and write them anew from their scripts
	$(BIN)/python notebooks/build.py

extras: $(VENV)/ready-extras  ## set up for more: clusters (Dask), samplers (Optuna, SALib), Parquet (duckdb), notebooks (JupyterLab)

# Names, versions, markers and hashes; no addresses.
LOCK := $(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: $(VENV)/bin/python  ## resolve the dependencies anew, and the tool that installs them
	$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	echo uv | $(LOCK) --upgrade --output-file setup.lock -

audit: $(VENV)/ready-release  ## look every locked package up in the list of known vulnerabilities (needs the Internet)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

release: audit  ## build the wheel and the source archive, and list what an installation contains (CycloneDX)
	rm -rf dist
	$(BIN)/python -m uv build --quiet --build-constraints requirements.lock --require-hashes
	$(LOCK) --extra distributed --extra hunt --extra lab --extra notebook --extra real --extra web --constraint requirements.lock pyproject.toml \
	  | $(BIN)/cyclonedx-py requirements - --pyproject pyproject.toml --output-reproducible --output-file dist/contents.cdx.json

certificates: $(VENV)/ready  ## try every combination of three mishaps again (minutes); writes docs/certificates
	$(BIN)/python -m docs.certify

web: web/node_modules/.ready  ## check, test and build the page into sim/page/static (needs node and npm)
	cd web && npm run --silent check && npm test --silent && npm run --silent build

web/node_modules/.ready: web/package.json web/package-lock.json
	cd web && npm ci --silent
	@touch $@

clean:  ## remove the set-up and all that was built
	rm -rf $(VENV) build dist mutants site web/node_modules web/.built

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement setup.lock

# uv holds every download to the hashes of the lock. Plain pip can't where the project itself is installed from its folder; it is
# for machines without uv.
UV_INSTALL := pip install --quiet --python $(BIN)/python --constraint requirements.lock --build-constraint requirements.lock
define install
	@if $(BIN)/python -m uv --version >/dev/null 2>&1; then $(BIN)/python -m uv $(UV_INSTALL) --editable $(1); \
	elif command -v uv >/dev/null 2>&1; then uv $(UV_INSTALL) --editable $(1); \
	else echo "no uv here: pip installs the locked versions, but doesn't compare their hashes"; \
	  sed -e '/--hash=/d' -e 's/ *\\$$//' requirements.lock >$(VENV)/versions.txt; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/versions.txt --editable $(1); fi
endef

$(VENV)/ready: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'.[hunt]')
	@touch $@

$(VENV)/ready-dev: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'.[dev]')
	@touch $@ $(VENV)/ready

$(VENV)/ready-notebook: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'.[notebook]')
	@touch $@ $(VENV)/ready

EXTRAS := .[distributed,hunt,lab,notebook,real,web]

$(VENV)/ready-extras: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'$(EXTRAS)')
	@touch $@ $(VENV)/ready

$(VENV)/ready-docs: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'.[docs]')
	@touch $@ $(VENV)/ready

$(VENV)/ready-release: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'.[release]')
	@touch $@

DEV_AND_FUZZ := .[dev,fuzz]# a comma of its own would end the argument of a call

$(VENV)/ready-fuzz: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'$(DEV_AND_FUZZ)')
	@touch $@ $(VENV)/ready-dev $(VENV)/ready

DEV_AND_MUTANTS := .[dev,mutants]

$(VENV)/ready-mutants: $(VENV)/bin/python pyproject.toml requirements.lock
	$(call install,'$(DEV_AND_MUTANTS)')
	@touch $@ $(VENV)/ready-dev $(VENV)/ready
