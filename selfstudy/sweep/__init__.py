"""The sweep: what `config/*.yaml` may say, which runs there are, and how each is configured.

Snakemake imports this room before every run and in every job, so nothing heavy is imported here.
"""

SCRATCH = "scratch"  # the start without pretraining, which all others are compared with
