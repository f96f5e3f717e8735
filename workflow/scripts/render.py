"""Render one bucket of a dataset. Input: a user's meshes and textures. Output: a packed file."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads, snakemake.config.get("runs_per_gpu", 1)):
    from selfstudy.rendering.render import render_bucket
    from selfstudy.rendering.settings import Rendering

    dataset, bucket = snakemake.wildcards.dataset, int(snakemake.wildcards.bucket)
    images = snakemake.params.images
    with show_progress(images, "image", f"render {dataset}, bucket {bucket}") as progress:
        render_bucket(
            snakemake.output[0],
            dataset=dataset,
            bucket=bucket,
            images=images,
            settings=Rendering(**snakemake.params.settings, **dict(snakemake.input.items())),
            progress=progress.update,
        )
