"""Collect a user's meshes. Input: their folder. Output: one file."""

from selfstudy.job import bar, job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.rendering.meshes import collect_meshes

    with bar(None, "file", "meshes") as progress:
        collect_meshes(snakemake.params.folder, snakemake.output[0], progress.update)
