"""What twice the rounds bring. Input: the metrics of usual and of longer jobs. Output: a table."""

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.runs import collect_longer
    from selfstudy.errors import ConfigurationError
    from selfstudy.files import write_whole

    if not snakemake.input.longer:
        raise ConfigurationError(
            "longer: is missing, or none is done: expected such as {labels: [300]}"
        )
    usual, longer = (
        # Snakemake gives a list of one file as that file.
        [paths] if isinstance(paths, str) else paths
        for paths in (snakemake.input.usual, snakemake.input.longer)
    )
    with write_whole(snakemake.output[0]) as temporary:
        collect_longer(usual, longer).to_csv(temporary, index=False)
