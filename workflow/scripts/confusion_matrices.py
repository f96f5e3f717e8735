"""Draw confusion matrices. Input: those of every dataset. Output: a figure."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.figures import difficulty
    from selfstudy.drawing import save

    figure = difficulty.draw(dict(zip(snakemake.params.datasets, snakemake.input, strict=True)))
    save(figure, snakemake.output[0])
