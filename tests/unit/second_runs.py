"""Runs on the CPU and on a simulated second device; prints what they end with, as JSON.

Its arguments: a folder to work in, a prepared file of single objects and one of scenes.
"""

import json
import sys
from collections import Counter
from itertools import permutations
from pathlib import Path

import second_device
import tiny
import torch
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel
from torchvision.models import resnet18

from selfstudy.augment import make_converter
from selfstudy.data.inputs import IMAGENET, UNIT_RGB
from selfstudy.data.kinds import open_dataset
from selfstudy.data.rounds import Rounds
from selfstudy.errors import InterruptionError, UnlabelledError
from selfstudy.evaluation import features
from selfstudy.measures import UNKNOWN
from selfstudy.registry import list_names
from selfstudy.starts import KINDS
from selfstudy.starts.base import Scratch, Snapshot
from selfstudy.starts.public import Public, Torchvision
from selfstudy.starts.timm_weights import Timm
from selfstudy.tasks.base import find_task
from selfstudy.training import run as training
from selfstudy.training.learners import Pretraining, make_finetuning, make_probes
from selfstudy.training.loop import Step
from selfstudy.training.run import Run, train

CPU = torch.device("cpu")
# Blocks of some steps, also of four views, the next of which is read while they train.
RECIPE = tiny.make_tiny_recipe(batch_size=10, max_images=80, chunk_size=10)


class Waits:
    """What a run waits for between the beginnings of two steps of a round."""

    def __init__(self):
        self.found, self.steps, self.before = Counter(), 0, None
        train_step, start = Step.train, Rounds.start

        def note(step, *arguments):
            if self.before is not None:
                self.found += second_device.waits - self.before
                self.steps += 1
            self.before = second_device.waits.copy()
            return train_step(step, *arguments)

        def begin(rounds):
            self.before = None
            start(rounds)

        Step.train, Rounds.start = note, begin


WAITS = Waits()


def move_to(device):
    """What trains and computes features finds this device from now on."""
    training.find_device = features.find_device = lambda: device
    WAITS.found, WAITS.steps, WAITS.before = Counter(), 0, None


@sdpa_kernel(SDPBackend.MATH)  # attention, as the device computes it
def compare(run, folder):
    """Train on the CPU, and on the device with a stop on the way; say what differs."""
    for pair in permutations((run.dataset.input, UNIT_RGB)):
        make_converter(*pair, second_device.DEVICE)  # once, before the first step
    move_to(CPU)
    whole = train(run, folder / "cpu", 0, "", keep_snapshot=True)
    move_to(second_device.DEVICE)
    try:
        train(run, folder / "device", 0, "", keep_snapshot=True, stop=tiny.ask_to_stop)
    except InterruptionError:
        pass
    else:
        raise AssertionError("it went on")
    WAITS.before = None
    resumed = train(run, folder / "device", 0, "", keep_snapshot=True)
    (device,) = {value.device.type for value in resumed.learner.state_dict().values()}
    found = {key: value.cpu() for key, value in resumed.learner.state_dict().items()}
    expected = whole.learner.state_dict()
    history = [(folder / place / "history.csv").read_text() for place in ("cpu", "device")]
    return {
        "device": device,
        "differ": [key for key in expected if not torch.equal(expected[key], found[key])],
        "histories": history[0] == history[1],
        "steps": WAITS.steps,
        "waits": WAITS.found,
    }


def pretrain(name, dataset, unlabelled=False):
    def make():
        method = tiny.make_method(name, dataset.training_images)
        return Pretraining(method, make_probes(dataset, method.backbone.out_feats), unlabelled)

    return Run(dataset, make, RECIPE)


def finetune(start, task, dataset):
    def make():
        return make_finetuning(start.make_backbone(), find_task(task), dataset)

    return Run(dataset, make, RECIPE, labels=40)


def make_starts(folder, snapshot):
    """Starts by name, each with weights of its own."""
    torch.manual_seed(1)
    small = tiny.make_small("resnet9")
    save_file(small.state_dict(), folder / "weights.safetensors")
    theirs = resnet18().state_dict()
    yield "snapshot", Snapshot(snapshot)
    Torchvision._fetch = lambda start: (theirs, IMAGENET, "")
    Timm._fetch = lambda start, make, about: theirs
    for name, kind in KINDS.items():
        if issubclass(kind, Public):
            yield name, kind("resnet18", lambda: tiny.make_small("resnet18", width=64))
        else:
            weights = folder / "weights.safetensors"
            yield name, kind(weights, lambda: tiny.make_small("resnet9"), "imagenet")


def plant():
    """What becomes of faults that a GPU would show: "raised", or how many waits are counted."""
    device = second_device.DEVICE
    there, mask = torch.arange(4.0, device=device), torch.arange(4, device=device) > 1
    faults = {
        "a constant of the CPU": lambda: there + torch.ones(4),
        "weights left behind": lambda: torch.nn.Linear(4, 2)(there),
        "labels left behind": lambda: torch.nn.functional.cross_entropy(
            torch.zeros(4, 2, device=device), torch.zeros(4, dtype=torch.int64)
        ),
        "a mask": lambda: there[mask],
        "a mask that is assigned to": lambda: there.clone().__setitem__(mask, 0),
        "an index of the CPU": lambda: there[torch.arange(2)],
        "a number": lambda: there.sum().item(),
        "a branch": lambda: bool(mask.any()),
        "counting": lambda: torch.bincount(mask.long()),
        "a copy": lambda: there.cpu(),
        "a table of the CPU": lambda: torch.arange(2).to(device),
        "none": lambda: torch.where(mask, there, 2 * there).sum() / 3,
    }
    found = {}
    for name, fault in faults.items():
        second_device.waits.clear()
        try:
            fault()
            found[name] = second_device.waits.total()
        except RuntimeError:
            found[name] = "raised"
    return found


def main(folder, *paths):
    torch.set_num_threads(1)
    datasets = {path.stem: open_dataset(path) for path in paths}
    first, found = next(iter(datasets.values())), {"faults": plant()}
    for name in list_names("methods"):
        for kind, dataset in datasets.items():
            found[f"method {name} {kind}"] = compare(pretrain(name, dataset), folder / name / kind)
    partly = open_dataset(paths[0])
    partly.targets[partly.rows("train")[::3]] = UNKNOWN
    found["partly labelled"] = compare(pretrain("rotate", partly, True), folder / "partly")
    scratch = Scratch(lambda: tiny.make_small("resnet9"))
    for name in list_names("tasks"):
        for dataset in datasets.values():
            try:
                find_task(name).read_labels(dataset)
            except UnlabelledError:
                continue
            found[f"task {name}"] = compare(finetune(scratch, name, dataset), folder / name)
    snapshot = folder / "rotate" / next(iter(datasets)) / "device" / "snapshot.pt"
    for name, start in make_starts(folder, snapshot):
        found[f"start {name}"] = compare(finetune(start, "classify", first), folder / name)
    backbone, rows = Snapshot(snapshot).make_backbone().eval(), first.rows("valid")
    backbone.accept(first.input, first.resolution)
    extracted = []
    for device in (CPU, second_device.DEVICE):
        move_to(device)
        with torch.no_grad():
            extracted.append(features.extract_images(backbone, first, rows, "float32"))
    found["features"] = {"equal": bool((extracted[0] == extracted[1]).all())}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
