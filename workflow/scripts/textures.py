"""Collect a user's textures. Input: their folder. Output: one file."""

from selfstudy.job import bar, job

with job(snakemake.log[0], snakemake.threads):
    from selfstudy.rendering.own_textures import collect_textures

    with bar(None, "file", "textures") as progress:
        collect_textures(snakemake.params.folder, snakemake.output[0], progress.update)
