"""Linear evaluation on all budgets.

Input: a prepared dataset, and snapshots or a file of weights. Output: metrics.
"""

from dataclasses import replace

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    import pandas as pd

    from selfstudy.configuration import load_configuration
    from selfstudy.evaluation.linear import evaluate_linearly
    from selfstudy.files import write_whole
    from selfstudy.sweep.runs import Sweep

    sweep, place = Sweep(snakemake.config), snakemake.wildcards
    configuration = load_configuration(*snakemake.params.gin)
    dataset = configuration.open_dataset(sweep.find_prepared(place.dataset))
    tables = []
    for network, start in sweep.find_starts(**place).items():
        backbone = replace(configuration, start=start).find_start().make_backbone().eval()
        backbone.accept(dataset.input, dataset.resolution)
        table = evaluate_linearly(
            backbone,
            dataset,
            place.task,
            snakemake.params.labels,
            [seed for seed, own in snakemake.params.networks.items() if own == network],
            precision=configuration.recipe.session.precision,
            subset=configuration.subset,
        )
        tables.append(table.assign(pretrain_seed=network, snapshot=str(start)))
    with write_whole(snakemake.output[0]) as temporary:
        pd.concat(tables).to_csv(temporary, index=False)
