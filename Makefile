# Everything runs in .venv, which is made on first use and again when pyproject.toml changes.

PYTHON ?= python3
CONFIG ?= config/demo.yaml
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo check test plan report lint format clean place

demo: .venv/installed
	@echo "Renders 12,000 images, pretrains three networks on them, finetunes on few to many labels"
	@echo "beside training from scratch, and says how many labels that saves: minutes on two cores."
	snakemake --quiet rules host --configfile config/demo.yaml
	@echo
	@selfstudy advise --configfile config/demo.yaml
	@echo
	@echo "The figure:  results/demo/figures/fig3.png"
	@echo "The images:  results/demo/figures/fig2.png"
	@echo "The tables:  results/demo/tables/"
	@echo "The answer:  results/demo/decision.html"

check: lint
	pytest tests/unit

test: .venv/installed
	pytest

report: .venv/installed
	snakemake --quiet rules host --configfile $(CONFIG) --report results/report.html
	@echo "The report:  results/report.html"

plan: .venv/installed
	selfstudy plan

lint: .venv/installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint

format: .venv/installed
	ruff check --fix .
	ruff format .
	snakefmt Snakefile rules

# Also said by selfstudy/sweep/place.py, once all is installed.
place:
	@case "$$(pwd -P)" in *[[:space:]:\"\'\`\$$\\\;\&\|\<\>\(\)\*\?{}]*) \
		echo "error: $$(pwd -P): Snakemake cannot run in a folder with a blank, a colon, a quote or" \
			"any of \`\$$\\;&|<>()*?{} in its path: move or rename it" >&2; exit 1;; \
	esac

.venv/installed: pyproject.toml | place
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[export,render,search,timm,tracking,workflow,dev]'
	touch $@

clean:
	rm -rf .venv .snakemake logs results/demo data/demo
