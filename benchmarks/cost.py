"""What a sweep costs on GPUs that nobody has tried: python benchmarks/cost.py [CONFIGFILE].

Images are counted as `selfstudy plan` counts them. Operations of an image are counted over one step
on a processor, which also times it. What a step takes on a GPU was estimated of its operations and
memory traffic, for the kinds below; others are taken to be as fast, by operations, as the one of
their family.
"""

import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from selfstudy.analysis.runs import KEYS
from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import NUM_VALID
from selfstudy.planning.calibration import Kind, Pace, make_up
from selfstudy.planning.plan import CLASSES, Needs
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.gin_files import configure_task
from selfstudy.sweep.runs import Sweep

BATCH, IMAGES = 4, 96  # of the step that is counted
CPU, H100, TURING = "a core", "H100", "2080 Ti"
# Milliseconds that a step was estimated to take on an H100 and, in float32, on a 2080 Ti.
STEPS = {
    "syn/r9/classify": (16, 494),
    "syn/r9/rotate": (17, 495),
    "syn/r9/vae": (21, 619),
    "syn/r9/cmc": (13, 273),
    "syn/r9/amdim": (29, 773),
    "syn/r50/cmc": (22, 299),
    "dense/r50/segment": (18, 401),
}
HALF = 177 / 494  # of the 2080 Ti's time in float16, estimated for syn/r9/classify
LIKE = {"syn/r9": "syn/r9/classify", "syn/r50": "syn/r50/cmc", "dense/r50": "dense/r50/segment"}


@cache
def count(kind: Kind) -> tuple[float, float]:
    """Count the operations of an image in training; give the processor's seconds, too."""
    configuration = load_configuration(kind.files, kind.bindings)
    with make_up(kind, IMAGES) as path:
        run = configuration.make_run(configuration.open_dataset(path))
        batches = replace(run.recipe.dataloader, batch_size=BATCH)
        run = replace(run, recipe=replace(run.recipe, dataloader=batches))
        step = run.make_step(torch.device("cpu"))
        rounds = run.make_rounds(step.learner, 0, torch.device("cpu"))
        rounds.start()
        with FlopCounterMode(display=False) as counter:
            step.train(rounds.next_batch(), 1e-6, 0.5)
        batch, started = rounds.next_batch(), time.process_time()
        step.train(batch, 1e-6, 0.5)
        passed = time.process_time() - started
    return counter.get_total_flops() / BATCH, passed / BATCH


def find_like(kind: Kind) -> Kind:
    """Find the kind whose step was estimated that is most like another."""
    name = kind.files[-1]
    known = name if name in STEPS else LIKE[name.rpartition("/")[0]]
    return kind._replace(files=(known,))


def measure(kind: Kind, device: str) -> Pace:
    """Estimate what an image takes, in seconds; in validation a third of it: forwards alone."""
    operations, seconds = count(kind)
    if device != CPU:
        like = find_like(kind)
        batch = load_configuration(like.files, like.bindings).recipe.dataloader.batch_size
        step = STEPS[like.files[0]][device == TURING] * (HALF if device == TURING else 1)
        seconds = step / 1000 / batch * operations / count(like)[0]
    return Pace(seconds, seconds / 3, 0)


def sum_hours(sweep: Sweep, device: str) -> dict[str, float]:
    """Sum the hours of a sweep's training and linear evaluation, by its parts."""
    needs, networks = Needs(sweep), len(sweep.networks)
    needs.measure_pace = cache(lambda kind, threads: measure(kind, device))
    hours: dict[str, float] = {}

    def add(part: str, times: int = 1, **job: str) -> None:
        hours[part] = hours.get(part, 0) + times * needs.estimate_training(**job)[0]

    curves = sweep.list_curves()
    places = {
        (curve.backbone, start, curve.dataset): 0 for curve in curves for start in sweep.methods
    }
    for backbone, start, dataset in sorted(places):
        job = {"dataset": dataset, "backbone": backbone, "pretext": start}
        add(f"pretraining, {backbone}, {start}", networks, **job)
    for path in sweep.list_finetuned():
        job = read_job(path)
        add(f"finetuning, {job['backbone']}, {job['task']}", **job)
    for path in sweep.longer.values():
        add("finetuning for twice as long", longer=True, **read_job(path))
    for path in sweep.list_frozen():
        layer = Path(path).parts[-7].removeprefix("k")
        add("finetuning, frozen in part", layer=layer, **read_job(path))
    for path in sweep.list_linear():
        job = dict(zip(KEYS, Path(path).parts[-5:-1], strict=False))
        images = max(sweep.tasks[job["task"]]["labels"]) + NUM_VALID
        about = sweep.datasets[job["dataset"]]
        files, bindings = map(tuple, configure_task(sweep, **job))
        kind = Kind(files, bindings, about.resolution, about.family == "dense", CLASSES)
        forward = needs.measure_pace(kind, 1).valid * images * networks / 3600
        hours["features for linear evaluation"] = (
            hours.get("features for linear evaluation", 0) + forward
        )
    return hours


def read_job(path: str) -> dict[str, str]:
    """Read what a job of finetuning is of in the path of its metrics."""
    job = dict(zip(KEYS, Path(path).parts[-6:-1], strict=True))
    return job | {"labels": job["labels"].removeprefix("n")}


def tabulate(configfile: str) -> pd.DataFrame:
    """Give a row per part of a sweep, and the sum; hours of a core and of each GPU."""
    sweep = Sweep(read_configuration(Path(configfile)))
    table = pd.DataFrame({device: sum_hours(sweep, device) for device in (CPU, H100, TURING)})
    table.loc["all"] = table.sum()
    return table.rename_axis("part").reset_index()


if __name__ == "__main__":
    torch.set_num_threads(1)
    for configfile in sys.argv[1:] or ["config/config.yaml", "config/study_gpu.yaml"]:
        print(f"Hours of {configfile}:\n")
        print(tabulate(configfile).to_markdown(index=False, floatfmt=",.1f"), "\n")
