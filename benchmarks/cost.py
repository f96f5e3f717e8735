"""What a sweep costs on machines that nobody has tried: python benchmarks/cost.py [CONFIGFILE ...].

Images are counted as `selfstudy plan` counts them, and their operations by tensors without values.
What an image takes is known for some kinds of run; others are taken to be as fast, by operations,
as one of the same network.
"""

import sys
from functools import cache
from pathlib import Path

import pandas as pd
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from selfstudy.analysis.runs import KEYS
from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import NUM_VALID
from selfstudy.planning.calibration import IMAGES, Kind, Pace, make_up
from selfstudy.planning.plan import CLASSES, Needs
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.gin_files import configure_task
from selfstudy.sweep.runs import Sweep
from selfstudy.training.learners import Sample

BATCH = 8  # images whose operations are counted
TRAINING = 3  # times the operations of a forward pass
# Seconds that an image takes in training. Of a core, as README.md here has them; of GPUs, as steps
# were estimated by their operations and memory traffic, those of the 2080 Ti in float32: in float16
# it was estimated for classification alone, at this share.
HALF = 177 / 494
KNOWN = {
    "a core": {
        "syn/r9/classify": 1 / 19.4,
        "syn/r9/pose": 1 / 19.0,
        "syn/r9/rotate": 1 / 19.1,
        "syn/r9/vae": 1 / 14.4,
        "syn/r9/cmc": 1 / 17.4,
        "syn/r9/amdim": 1 / 9.8,
        "syn/r50/classify": 1 / 12.5,
        "syn/r50/pose": 1 / 13.6,
    },
    "H100": {
        "syn/r9/classify": 0.016 / 512,
        "syn/r9/rotate": 0.017 / 512,
        "syn/r9/vae": 0.021 / 512,
        "syn/r9/cmc": 0.013 / 256,
        "syn/r9/amdim": 0.029 / 384,
        "syn/r50/cmc": 0.022 / 384,
        "dense/r50/segment": 0.018 / 64,
    },
    "2080 Ti": {
        "syn/r9/classify": HALF * 0.494 / 512,
        "syn/r9/rotate": HALF * 0.495 / 512,
        "syn/r9/vae": HALF * 0.619 / 512,
        "syn/r9/cmc": HALF * 0.273 / 256,
        "syn/r9/amdim": HALF * 0.773 / 384,
        "syn/r50/cmc": HALF * 0.299 / 384,
        "dense/r50/segment": HALF * 0.401 / 64,
    },
}


@cache
def count(kind: Kind) -> float:
    """Count the operations of an image in a forward pass with its loss."""
    configuration = load_configuration(kind.files, kind.bindings)
    with make_up(kind, IMAGES) as path:
        learner = configuration.make_learner(configuration.open_dataset(path)).eval()
    size = (BATCH, 3, kind.resolution, kind.resolution)
    with FakeTensorMode(allow_non_fake_inputs=True), FlopCounterMode(display=False) as counter:
        places = torch.zeros(BATCH, dtype=torch.int64)
        labels = {type(task).__name__: places for task in learner.tasks}
        views = tuple(torch.zeros(size) for _ in learner.views)
        maps = torch.zeros(size, dtype=torch.uint8)
        with torch.no_grad():
            learner.evaluate(
                Sample(views, labels, maps, places), torch.autocast("cpu", enabled=False)
            )
    return counter.get_total_flops() / BATCH


def measure(kind: Kind, device: str) -> Pace:
    """Estimate what an image takes on a device, in seconds."""
    known, name = KNOWN[device], kind.files[-1]
    folder = kind.files[0].rpartition("/")[0] + "/"
    alike = [each for each in known if each.startswith(folder)]
    like = name if name in known else [*alike, "syn/r50/classify"][0]
    # With the images of its own family.
    of = kind if like.startswith(folder) else kind._replace(resolution=64, dense=False)
    seconds = known[like] * count(kind) / count(of._replace(files=(like,), bindings=()))
    return Pace(seconds, seconds / TRAINING, 0)


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
    table = pd.DataFrame({device: sum_hours(sweep, device) for device in KNOWN})
    table.loc["all"] = table.sum()
    return table.rename_axis("part").reset_index()


if __name__ == "__main__":
    for configfile in sys.argv[1:] or ["config/config.yaml", "config/study_gpu.yaml"]:
        print(f"Hours of {configfile}:\n")
        print(tabulate(configfile).to_markdown(index=False, floatfmt=",.1f"), "\n")
