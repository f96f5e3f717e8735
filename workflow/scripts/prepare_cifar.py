"""Prepare CIFAR. Output: one array of normalised images."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.cifar import prepare_cifar

    source = snakemake.params.source
    with show_progress(None, "image", f"prepare {source}") as progress:
        prepare_cifar(
            snakemake.config["datasets"][snakemake.wildcards.dataset]["folder"],
            snakemake.output[0],
            use_100=source == "cifar100",
            space=snakemake.params.color,
            progress=progress.update,
        )
