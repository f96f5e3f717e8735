"""Figure 2. Input: a packed file of every dataset. Output: a contact sheet."""

from pathlib import Path

from selfstudy.job import job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.figures import fig2
    from selfstudy.analysis.figures.style import save

    packed = zip(snakemake.params.datasets, snakemake.input, strict=True)
    save(fig2.draw({name: [Path(path)] for name, path in packed}), snakemake.output[0])
