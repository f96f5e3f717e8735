# Everything runs in .venv, which is made on first use and again when pyproject.toml changes.

PYTHON ?= python3
CONFIG ?= config/demo.yaml
BIN := .venv/bin
EXTRAS := completion,data,export,methods,mlflow,render,search,timm,tracking,wandb,workflow,docs,dev
# Tests, several at a time, in the order that tests/conftest.py gives them.
BESIDE := --numprocesses logical --dist loadgroup --no-loadscope-reorder
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo check test plan report docs lint format reference dist clean place

demo: .venv/installed
	@echo "Renders images, pretrains networks on them without labels, finetunes these on few to many"
	@echo "labels beside training from scratch, and says how many labels that saves."
	@echo "Takes about a quarter of an hour on two cores; the bar says how far it is."
	@selfstudy run --configfile config/demo.yaml
	@echo
	@selfstudy advise --configfile config/demo.yaml
	@echo
	@echo "The figure:  results/demo/figures/fig3.png"
	@echo "The images:  results/demo/figures/fig2.png"
	@echo "The tables:  results/demo/tables/"
	@echo "The answer:  results/demo/decision.html"

check: lint
	pytest $(BESIDE) -m 'not slow' tests/unit tests/reference

test: .venv/installed
	pytest $(BESIDE)

report: .venv/installed
	snakemake --quiet rules host --configfile $(CONFIG) --report results/report.html
	@echo "The report:  results/report.html"

plan: .venv/installed
	selfstudy plan

docs: .venv/installed
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet
	@echo "The pages:  build/docs/index.html"

docs/workflow.svg: Snakefile $(wildcard rules/*.smk)
	snakemake --rulegraph dot --configfile config/demo.yaml | dot -Tsvg -Grankdir=LR -o $@

lint: .venv/installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules workflow
	snakemake --lint

format: .venv/installed
	ruff check --fix .
	ruff format .
	snakefmt Snakefile rules workflow

reference: .venv/installed
	python -m selfstudy.sweep.reference

dist: .venv/installed # with TAG=v0.2.0 only if that is the version
	@version="$$(selfstudy --version)"; case "$$TAG" in ""|"v$${version#selfstudy }") ;; \
		*) echo "error: the tag $$TAG is not that of $$version" >&2; exit 1;; \
	esac
	pip wheel --quiet --no-deps --wheel-dir dist .

# Also said by selfstudy/sweep/place.py, once all is installed.
place:
	@case "$$(pwd -P)" in *[[:space:]:\"\'\`\$$\\\;\&\|\<\>\(\)\*\?{}]*) \
		echo "error: $$(pwd -P): Snakemake cannot run in a folder with a blank, a colon, a quote or" \
			"any of \`\$$\\;&|<>()*?{} in its path: move or rename it" >&2; exit 1;; \
	esac

.venv/installed: pyproject.toml | place
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

clean:
	rm -rf .venv .snakemake logs results/demo data/demo
