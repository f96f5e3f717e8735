"""The jobs of a sweep, which of them are done, and what they take: time and disk space."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from selfstudy.data.packed import BUCKETS
from selfstudy.errors import ConfigurationError
from selfstudy.factors import MULTI
from selfstudy.job import show_progress
from selfstudy.planning.calibration import Kind, amount, pace, rendering_pace
from selfstudy.provenance import PACKAGE
from selfstudy.sweep import (
    Gin,
    downstream,
    finetuning,
    pretraining,
    read,
    resolution,
    training_images,
)

Job = tuple[tuple[str, str], ...]  # the wildcards, by name
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?: {4}.*\n)*)", re.MULTILINE)
WILDCARDS = re.compile(r"^ {4}wildcards: (.*)$", re.MULTILINE)
CLASSES = 10  # of the network that is timed; more or fewer take as long
STAGES = ("meshes", "textures", "render", "pack", "prepare", "pretrain", "finetune", "linear")
TRAINING = ("pretrain", "finetune")


def plan(configfile: str) -> pd.DataFrame:
    """A row a rule.

    Returns:
        `rule`, `jobs`, `done`, `hours` of one device (those of one processor for rendering),
        `hours_left`, and `gigabytes` of what the rule leaves; not a number where it takes little.

    Raises ConfigurationError for a configuration that is not sound, or that Snakemake refuses.
    """
    path = Path(configfile)
    config = read(path)
    every, left = (list(jobs(path, *options)) for options in (["--forceall"], []))
    open_jobs = Counter(left)
    needs = Needs(config)
    rows = []
    with show_progress(len(every), "job", "plan") as progress:
        for rule in sorted({rule for rule, _ in every}, key=stage):
            row = {"rule": rule, "jobs": 0, "done": 0, "hours": 0.0, "hours_left": 0.0}
            row["gigabytes"] = 0.0
            for job in (wildcards for name, wildcards in every if name == rule):
                progress.update()
                hours, gigabytes = needs.of(rule, dict(job))
                waiting = open_jobs[rule, job] > 0
                row["jobs"] += 1
                row["done"] += not waiting
                row["hours"] += hours
                row["hours_left"] += hours * waiting
                row["gigabytes"] += gigabytes
            rows.append(row)
    table = pd.DataFrame(rows)
    known = table["rule"].isin([*TRAINING, "render", "prepare"])
    table.loc[~known, ["hours", "hours_left", "gigabytes"]] = float("nan")
    return table


def stage(rule: str) -> int:
    """The place of a rule on the images' way."""
    return STAGES.index(rule) if rule in STAGES else len(STAGES)


def jobs(configfile: Path, *options: str) -> Iterator[tuple[str, Job]]:
    """Rule and wildcards of the jobs that Snakemake would run."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", *options]
    command += ["--snakefile", str(PACKAGE.parent / "Snakefile"), "--configfile", str(configfile)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise ConfigurationError(
            f"{configfile}: Snakemake refuses it: {lines[-1] if lines else ''}"
        )
    for rule, body in JOB.findall(done.stdout + done.stderr):
        found = WILDCARDS.search(body)
        pairs = found[1].split(", ") if found else []
        if rule != "all":
            yield rule, tuple(tuple(pair.split("=", 1)) for pair in pairs)


class Needs:
    """Hours and gigabytes of jobs; each kind of run is timed once."""

    def __init__(self, config: dict) -> None:
        self.config, self.datasets = config, config["datasets"]
        self.pace, self.amount, self.rendering = map(cache, (pace, amount, rendering_pace))

    def of(self, rule: str, wildcards: dict[str, str]) -> tuple[float, float]:
        """Of one job; 0 for rules that take little."""
        name = wildcards.get("dataset")
        if rule == "render":
            images = self.datasets[name]["images"] // BUCKETS
            seconds, size = self.rendering(name, self.config["rendering"]["resolution"])
            return images * seconds / 3600, images * size / 1e9
        if rule == "prepare":
            channels = 3 * (2 + name.endswith(MULTI))  # bytes: two of an image, one of a target
            pixels = self.datasets[name].get("images", 0) * resolution(self.datasets[name]) ** 2
            return 0.0, pixels * channels / 1e9
        if rule in TRAINING:
            return self.training(**wildcards)
        return 0.0, 0.0

    def training(
        self, dataset: str, backbone: str, pretext: str, task: str = "", labels: str = ""
    ) -> tuple[float, float]:
        """Of a pretraining run, or, where there are labels, of a finetuning run with all seeds."""
        place, about = (dataset, backbone, pretext), self.datasets[dataset]

        def kind(gin: Gin) -> Kind:
            files, bindings = map(tuple, gin)
            return Kind(files, bindings, resolution(about), dataset.endswith(MULTI), CLASSES)

        if labels:
            run = kind(finetuning(self.config, *place, task, int(labels)))
            timed = kind(downstream(self.config, *place, task))  # few labels change no pace
        else:
            run = timed = kind(pretraining(self.config, *place))
        budgets = [max(task["labels"]) for task in self.config["tasks"].values()]
        images = training_images(about) or max(budgets)
        seen = self.amount(run, images, int(labels) if labels else None)
        threads = self.config["resources"]["finetune" if labels else "pretrain"]["threads"]
        cost = self.pace(timed, threads)
        seconds = seen.train * cost.train + seen.valid * cost.valid
        if labels:
            return len(self.config["seeds"]) * seconds / 3600, 0.0
        return seconds / 3600, cost.parameters * 4 / 1e9
