# Needs Python 3.11 or later and make. `make run` trains, scores and plots the main example;
# `make test` runs everything that must pass. Both first make .venv, with the locked versions.

PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$python && break; done)
BIN := .venv/bin
# The stamps carry the folder's path: a .venv that was copied or moved is made anew.
HERE := $(shell pwd -P | cksum | cut -d' ' -f1)
DEPENDENCIES := .venv/dependencies-$(HERE)
READY := .venv/ready-$(HERE)

unexport PYTHONDONTWRITEBYTECODE  # compile each library once, not at every start
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
export UV_SYSTEM_CERTS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test check soak coverage mutate accuracy bench golden site lock clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*  ## /\1  /p' Makefile | awk '{ printf "make %-10s", $$1; $$1 = ""; print }'

run: $(READY)  ## Train configs/iris.yaml, score it on its test rows, and plot its loss
	@run=$$($(BIN)/nncli train configs/iris.yaml --runs-dir runs --json \
	  | $(BIN)/python -c 'import json, sys; print(json.load(sys.stdin)["run"])') \
	&& $(BIN)/nncli evaluate "$$run" \
	&& picture=$$($(BIN)/nncli plot-loss "$$run" -o "$$run.png") \
	&& printf '\nrun:     %s\npicture: %s\n' "$$run" "$$picture"

test: check  ## Run everything that must pass: format, lint, types, import floors, tests
	$(BIN)/pytest -n 2 --dist worksteal

check: $(READY)  ## Run only what reads the code: format, lint, types, import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Hours, not minutes; SOAK="-k kill" for a part. What was tried is summed up in soak.md.
soak: $(READY)  ## Run the reliability tests, the doctor and ONNX models, at full length
	@rm -f soak.jsonl
	NNCLI_SOAK=1 NNCLI_SOAK_SUMMARY=$(CURDIR)/soak.jsonl $(BIN)/pytest -n 2 tests/reliability tests/doctor/test_sick_networks.py tests/export/test_onnx_at_random.py $(SOAK); \
	code=$$?; $(BIN)/python tests/reliability/summarize.py soak.jsonl soak.md; exit $$code

# Every line and branch that reads a config or touches a run's files is tested.
coverage: $(READY)  ## Run the tests and list the lines they miss
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term-missing --cov-fail-under=95
	$(BIN)/coverage report --include='nncli/config/*,nncli/artifacts/*.py,nncli/verification/*.py' \
	  --omit='nncli/artifacts/background_plotter.py,nncli/artifacts/learning_curves.py' --fail-under=100

# An hour; MUTATE="nncli.parts.*" for a part. A mutant that eats memory is stopped at 4 GB.
mutate: $(READY)  ## Change the code in small ways and count the changes that tests notice
	rm -rf mutants
	ulimit -v 4000000; nice $(BIN)/mutmut run --max-children 1 $(if $(MUTATE),"$(MUTATE)")
	$(BIN)/mutmut results --all true | $(BIN)/python tests/mutation_score.py

# Hours; what is in benchmarks/accuracy/results.jsonl already isn't measured again.
accuracy: $(READY)  ## Measure the defaults beside other models on sixteen tables: docs/accuracy.md
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group pyproject.toml:accuracy
	$(BIN)/python -m benchmarks.accuracy

# `.venv/bin/pip install '.[bench]'` brings the peers; BENCH="--quick --rows and,iris" for a glance,
# BENCH="--only memory,ranks" for parts. `python -m benchmarks.speed --page` measures nothing.
bench: $(READY)  ## Measure speed beside the peers that are installed: docs/performance.md
	$(BIN)/python -m benchmarks.speed $(BENCH)
	$(BIN)/python -m benchmarks.speed.reading
	$(BIN)/python -m benchmarks.speed.convolutions

golden: $(READY)  ## Run the tests, rewriting the golden files; look at the difference with git
	NNCLI_UPDATE_GOLDEN=1 $(BIN)/pytest -n 2 --dist worksteal

# Zensical is installed for this alone. A link that leads nowhere fails.
site: $(READY)  ## Make the website of README and docs/ in build/site/html
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r docs/site.lock
	$(BIN)/python docs/make_site.py
	cd build/site && $(CURDIR)/$(BIN)/zensical build --strict --config-file mkdocs.yml
	@printf '\nsite: build/site/html/index.html\n'

# Versions that still fit are kept; `make lock LOCK=--upgrade` takes the newest of all.
lock: $(DEPENDENCIES)  ## Make requirements.lock again from pyproject.toml
	printf '%s\n' editables hatchling uv | $(BIN)/uv pip compile $(LOCK) --quiet --universal \
	  --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --group pyproject.toml:dev pyproject.toml - \
	  -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements.lock \
	  --group pyproject.toml:site -o docs/site.lock

clean:  ## Remove .venv and what the tools leave behind; runs/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf htmlcov mutants build dist .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs in a third of pip's time; where it can't (a private index that only pip knows of),
# pip does, from the same hashes.
$(DEPENDENCIES): requirements.lock
	@test -n "$(PYTHON)" || { echo "nncli needs Python 3.11 or later with venv" >&2; exit 1; }
	@echo "making .venv with $(PYTHON) and the packages of requirements.lock"
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	@($(BIN)/pip install --quiet --require-hashes -r .venv/uv.txt \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock) \
	|| $(BIN)/pip install --quiet --no-compile --require-hashes -r requirements.lock
	@touch $@

$(READY): $(DEPENDENCIES) pyproject.toml
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/pip check --quiet || { echo "pyproject.toml has moved on: make lock" >&2; exit 1; }
	@touch $@
