"""Downstream tasks: what is learned from labels, one module each, and found by its name.

A module here named `task` defines one subclass of `selfstudy.tasks.base.Task`. Nothing else has to
know of it.
"""

# Tasks that watch pretraining, where there are labels, and whose heads finetuning draws, too.
PROBES = ("classify", "pose", "segment", "depth")
