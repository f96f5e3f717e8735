"""Finetune on one label budget, seed by seed.

Input: a prepared dataset and, but from scratch, a snapshot. Output: metrics and history of all
seeds, and the configuration.
"""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import configured
    from selfstudy.training.seeds import run_seeds

    files, bindings = snakemake.params.gin
    bindings = [*bindings, f"BaseDataset.semisupervised = {snakemake.wildcards.labels}"]
    if snakemake.input.get("snapshot"):
        bindings.append(f"Wrapper.pretrained = {snakemake.input.snapshot!r}")
    with configured(files, bindings):
        run_seeds(
            snakemake.input.data,
            Path(snakemake.output.metrics).parent,
            snakemake.params.seeds,
            snakemake.params.code,
            snakemake.config.get("tracking"),
        )
