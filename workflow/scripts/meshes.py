"""Collect a user's meshes. Input: their folder. Output: one file."""

from selfstudy.job import run_job, show_progress

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.rendering.meshes import collect_meshes

    with show_progress(None, "file", "meshes") as progress:
        folder = snakemake.config["rendering"]["meshes"]
        collect_meshes(folder, snakemake.output[0], progress.update)
