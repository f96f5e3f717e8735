"""Prepare CIFAR. Output: one array of normalised images."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.data.cifar import prepare_cifar

    dataset = snakemake.params.dataset
    with show_progress(None, "image", f"prepare {dataset['source']}") as progress:
        prepare_cifar(
            dataset["folder"],
            snakemake.output[0],
            use_100=dataset["source"] == "cifar100",
            space=snakemake.params.color,
            progress=progress.update,
        )
