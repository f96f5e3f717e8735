"""Linear evaluation on all budgets.

Input: a prepared dataset, and a snapshot or a file of weights. Output: metrics.
"""

from dataclasses import replace

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.configuration import load_configuration
    from selfstudy.evaluation.linear import evaluate_linearly
    from selfstudy.files import write_whole
    from selfstudy.sweep.runs import Sweep

    sweep, place = Sweep(snakemake.config), snakemake.wildcards
    start = sweep.describe_start(place.pretext) or snakemake.input.snapshot
    configuration = replace(load_configuration(*snakemake.params.gin), start=start)
    dataset = configuration.open_dataset(sweep.find_prepared(place.dataset))
    backbone = configuration.find_start().make_backbone().eval()
    backbone.accept(dataset.input, dataset.resolution)
    table = evaluate_linearly(
        backbone,
        dataset,
        place.task,
        snakemake.params.labels,
        snakemake.params.seeds,
        precision=configuration.recipe.session.precision,
        subset=configuration.subset,
    )
    with write_whole(snakemake.output[0]) as temporary:
        table.assign(snapshot=str(start)).to_csv(temporary, index=False)
