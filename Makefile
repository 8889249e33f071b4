# `make` alone lists the commands. Everything runs in .venv, which is made when first needed.

PYTHON ?= python3
BIN    := .venv/bin
PORT   ?= 8000
OPTIONS ?=
WORKERS ?= 2

LIBRARY := $(shell find fashion_lib fashion_figures -type f -not -path '*/__pycache__/*')
BOOK    := _config.yml _toc.yml index.md references.bib requirements.txt \
           $(wildcard chapters/*.md chapters/*.ipynb pages/*.md _static/*) \
           $(shell find book -type f -not -path '*/__pycache__/*') \
           $(addprefix tools/notebooks/,quiet_tensorflow.py claim.py dark_plots.py) CITATION.cff
SITE    := _build/html/.complete

.DEFAULT_GOAL := help
.PHONY: help book serve pdf epub archive preview claims test test-unit browsers lint check format bench \
        weights derived heights requirements \
        notebooks notebooks-full notebooks-lab links student solutions clean \
        assignments test-assignments bench-grading

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(SITE) ## build the site from the real data (first time: some minutes)
	@echo "The book is ready. Open it:  file://$(CURDIR)/_build/html/index.html  (or: make serve)"

serve: $(SITE) ## serve the built site on http://127.0.0.1:8000 (PORT=… for another port)
	$(BIN)/python -m book.serve --port $(PORT)

pdf: .venv/dev-ready $(SITE) ## print the book into one PDF (needs Chromium)
	$(BIN)/python -m book.pdf
	$(BIN)/python -m book.site.finish && touch $(SITE)

epub: .venv/dev-ready $(SITE) ## make one EPUB of the book (needs Chromium)
	$(BIN)/python -m book.epub
	$(BIN)/python -m book.site.finish && touch $(SITE)

archive: $(SITE) ## pack the site into one file that opens from disk
	$(BIN)/python -m book.archive

preview: .venv/book-ready ## build and photograph one page: make preview PAGE=chapters/02_convolution.md
	$(BIN)/python -m book.preview $(PAGE) $(OPTIONS)

claims: .venv/dev-ready $(SITE) ## list what the chapters claim, and by what margin each claim holds
	$(BIN)/python -m tools.claims

test: .venv/dev-ready browsers lint check $(SITE) node_modules/.ready ## lint, derived files, unit, notebook and site tests (WORKERS=4 to use 4 cores)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(OPTIONS)

test-unit: .venv/dev-ready ## the tests of fashion_lib alone: no book needed
	$(BIN)/python -m pytest tests/fashion_lib $(OPTIONS)

browsers: .venv/dev-ready ## are the browsers here that the tests use?
	@$(BIN)/python -m tests.browsers

lint: .venv/dev-ready node_modules/.ready ## ruff, mypy, Biome for JavaScript and CSS, actionlint for the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	node_modules/.bin/biome ci --error-on-warnings
	$(BIN)/actionlint

check: .venv/dev-ready ## is every derived file in step with its source?
	$(BIN)/python -m tools.make_sample --check
	$(BIN)/python -m tools.make_weights --check
	$(BIN)/python -m tools.make_evidence --check
	$(BIN)/python -m tools.picture_scenes --check
	$(BIN)/python -m tools.draw_examples --check
	$(BIN)/python -m tools.draw_pictures --check
	$(BIN)/python -m tools.reading_time --check
	$(BIN)/python -m tools.notebooks.chapters --check
	$(BIN)/python -m grader build --check

format: .venv/dev-ready node_modules/.ready ## let ruff and Biome rewrite the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	node_modules/.bin/biome check --write

bench: .venv/dev-ready node_modules/.ready $(SITE) ## measure speed side by side (OPTIONS=--quick for two minutes)
	$(BIN)/python -m benchmarks $(OPTIONS)

weights: .venv/dev-ready ## retrain the shipped network and compare (OPTIONS=--replace ships it)
	$(BIN)/python -m tools.make_weights $(OPTIONS)

derived: .venv/dev-ready ## make the sample, the pictures and the evidence again, count the chapters' minutes
	$(BIN)/python -m tools.make_evidence
	$(BIN)/python -m tools.picture_scenes --record
	$(BIN)/python -m tools.make_sample
	$(BIN)/python -m tools.draw_examples
	$(BIN)/python -m tools.draw_pictures
	$(BIN)/python -m tools.reading_time

heights: .venv/dev-ready $(SITE) ## measure how high the figures of the site are, and reserve that
	$(BIN)/python -m tools.figure_heights
	$(BIN)/python -m book.site.finish
	$(BIN)/python -m tools.figure_heights --check
	@touch $(SITE)

notebooks: .venv/dev-ready ## generate the notebooks of the chapters (REPO=… for a fork)
	$(BIN)/python -m tools.notebooks.chapters $(if $(REPO),--repository $(REPO))

notebooks-full: .venv/dev-ready ## run every notebook with Colab's versions, and note the result
	$(BIN)/python -m tools.notebooks.run --write

notebooks-lab: .venv/dev-ready ## open every notebook in JupyterLab, run it there, photograph it
	$(BIN)/python -m tools.notebooks.open_in_jupyterlab

links: .venv/book-ready ## follow every link to other sites (needs the internet)
	$(BIN)/jupyter-book build . --builder linkcheck

student: .venv/dev-ready ## notebooks without solutions, in _build/student
	$(BIN)/python -m tools.notebooks.chapters --edition student $(if $(REPO),--repository $(REPO))

solutions: .venv/dev-ready ## notebooks with all solutions, in _build/solutions
	$(BIN)/python -m tools.notebooks.chapters --edition solutions $(if $(REPO),--repository $(REPO))

assignments: .venv/dev-ready ## write the assignments' notebooks for students (REPO=… for a fork)
	$(BIN)/python -m grader build $(if $(REPO),--repository $(REPO))

test-assignments: .venv/dev-ready ## grade submissions whose points are known, attacks included
	$(BIN)/python -m grader trials $(OPTIONS)

bench-grading: .venv/dev-ready ## measure grading: sandboxed against plain nbgrader
	$(BIN)/python -m benchmarks.grading $(OPTIONS)

requirements: .venv/dev-ready ## choose the newest pins that pyproject.toml admits
	$(BIN)/uv pip compile -q pyproject.toml --extra book --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade -o requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade -c requirements.txt -o requirements-dev.txt

clean: ## remove the site, its caches and the environment
	rm -rf _build .venv node_modules build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

# Packages of npm that came after the site was built change it; without npm it is built, too.
$(SITE): $(BOOK) $(LIBRARY) $(wildcard node_modules/.ready) | .venv/book-ready node_modules/.ready
	$(BIN)/python -m book.build
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "This needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is:"; $(PYTHON) --version; \
	  echo "Name another one:  make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/book-ready: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing the pinned requirements into .venv (about a minute, once) …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/dev-ready: requirements-dev.txt .venv/book-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# What pages, their tests and lint take from npm. No script of a package runs.
node_modules/.ready: package.json package-lock.json .npmrc
	@if ! command -v npm >/dev/null; then \
	  echo "No npm here: the training lab has its plain JavaScript alone; make lint and make test need npm."; \
	elif npm ci --ignore-scripts --silent --no-progress; then touch $@; \
	else echo "npm could not install its packages: the training lab has its plain JavaScript alone."; fi
