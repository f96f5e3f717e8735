"""Figure 3. Input: the metrics of the runs it shows. Output: the figure."""

from selfstudy.job import job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.figures import fig3
    from selfstudy.analysis.figures.style import save
    from selfstudy.analysis.runs import collect

    save(fig3.draw(collect(snakemake.input)), snakemake.output[0])
