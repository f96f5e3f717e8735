"""Collect a user's textures. Input: their folder. Output: one file."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.rendering.own_textures import collect_textures

    with show_progress(None, "file", "textures") as progress:
        folder = snakemake.config["rendering"]["textures"]
        collect_textures(folder, snakemake.output[0], progress.update)
