"""How fast steps are, of every method and task: images a second, by turns, in one run.

Names of kinds, such as `cifar` or `syn/r50/cmc`, choose among them.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import plain
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from selfstudy.backbones.base import Backbone, Features
from selfstudy.configuration import load_configuration
from selfstudy.methods.base import find_method
from selfstudy.planning.calibration import Kind, make_up
from selfstudy.training.device import name_device
from selfstudy.training.learners import Learner, Pretraining, Sample
from selfstudy.training.loop import Step
from selfstudy.training.precision import choose_precision
from selfstudy.training.run import Run

CPU = torch.device("cpu")
WARM, TIMED = 1, 3  # steps; the demo's are short, and
TIMED_SMALL = 15
RATE = 1e-6
HEAD, HEADS = 256, ("hidden", "size")  # numbers in layers of heads, and what they are called
PRETEXT, OBJECTS = ("rotate", "vae", "cmc", "amdim"), ("classify", "pose")
TODAY = ("simclr", "mocov3", "byol", "barlow", "vicreg", "lejepa")
KINDS = [  # name, gin files, batch, pixels, rows of CMC's bank
    *((f"cifar/r9/{each}", (), 16, 32, 45_000) for each in ("classify", *PRETEXT)),
    *((f"syn/r9/{each}", (), 8, 64, 50_000) for each in (*OBJECTS, *PRETEXT)),
    *((f"syn/r50/{each}", (), 8, 64, 50_000) for each in (*OBJECTS, *PRETEXT)),
    *((f"syn/r9/{each}", ("demo",), 64, 16, 9_000) for each in (*OBJECTS, *PRETEXT, *TODAY)),
]

COLUMNS = (
    "kind",
    "batch",
    "pixels",
    "as it comes",
    "float32",
    "limit",
    "limit with loss",
    "plain loop",
    "float32 / limit",
    "float32 / limit with loss",
    "float32 / plain",
    "as it comes / plain",
)


def make_ours(run: Run, batch: int, precision: str) -> tuple[Step, Callable[[], None]]:
    """Make a step of ours, and what takes a batch and trains on it."""
    recipe = run.recipe
    recipe = replace(
        recipe,
        dataloader=replace(recipe.dataloader, batch_size=batch),
        session=replace(recipe.session, precision=precision),
    )
    run = replace(run, recipe=recipe)
    step = run.make_step(CPU)
    rounds = run.make_rounds(step.learner, 0, CPU)
    rounds.start()
    return step, lambda: step.train(rounds.next_batch(), RATE, 0.5)


def find_networks(learner: Learner) -> list[nn.Module]:
    """Find the parts of a learner that have weights: the backbone, and what reads its features."""
    parts = [learner.backbone, *learner.tasks]
    if isinstance(learner, Pretraining):
        parts += [part for part in learner.method.children() if part is not learner.backbone]
    return [part for part in parts if any(True for _ in part.parameters())]


def make_limit(step: Step, train: Callable[[], None]) -> Callable[[], None]:
    """Make a step of the same networks and optimiser, on inputs that they had in a step of ours."""
    calls: list[tuple[nn.Module, tuple, bool]] = []

    def note(part: nn.Module, given: tuple, _: object) -> None:
        copied = tree_map_only(Tensor, lambda each: each.detach().clone(), given)
        calls.append((part, copied, torch.is_grad_enabled()))  # a teacher has no gradient

    hooks = [part.register_forward_hook(note) for part in find_networks(step.learner)]
    train()
    for hook in hooks:
        hook.remove()
    for part, given, learns in calls:
        if learns and not isinstance(part, Backbone):
            tree_map_only(Tensor, lambda each: each.requires_grad_(), given)

    def limit() -> None:
        loss = 0
        for part, given, learns in calls:
            with torch.set_grad_enabled(learns):
                found = part(*given)
            loss = loss + (found.pooled if isinstance(found, Features) else found).mean()
        step.optimizer.zero_grad()
        loss.backward()
        step.optimizer.step()

    return limit


def make_limit_with_loss(step: Step, train: Callable[[], None]) -> Callable[[], None]:
    """Make a step of forward and backward passes, the loss and the optimiser, on views it had."""
    learner, samples = step.learner, []

    def note(sample: Sample, *given: object) -> dict[str, Tensor]:
        samples.append(sample)
        return learner.evaluate(sample, *given)

    with mock.patch.object(step, "evaluate", note):
        train()
    (sample,) = samples

    def limit() -> None:
        loss = learner.evaluate(sample, step.autocast)["loss"]
        step.optimizer.zero_grad()
        loss.backward()
        step.optimizer.step()

    return limit


def configure(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the gin files of a kind, as a sweep has them, and bindings: narrow heads."""
    folder, _, own = name.rpartition("/")
    if own not in TODAY:
        return (name,), ()
    known = find_method(own).__init__.__annotations__
    widths = (f"{find_method(own).__name__}.{key} = {HEAD}" for key in known if key in HEADS)
    return (f"{folder}/common", f"pretext/{own}"), tuple(widths)


def measure(
    name: str, more: tuple[str, ...], batch: int, pixels: int, bank: int
) -> list[list[float]]:
    """Measure images per second of a kind: as it comes, in float32, at the limits, by a plain loop.

    Returns:
        One list for each of these, of all its steps; none of a plain loop that is not there.
    """
    files, bindings = configure(name)
    bindings = (*bindings, "session.precision = 'auto'")
    kind = Kind((*files, *more), bindings, pixels, False, 10)
    configuration = load_configuration(kind.files, kind.bindings)
    with make_up(kind, 8 * batch) as path:
        dataset = configuration.open_dataset(path)
        dataset.training_images = bank  # which has a row for each
        run = configuration.make_run(dataset)
        _, default = make_ours(run, batch, "auto")
        step, exact = make_ours(run, batch, "float32")
        sizes = {key: value for key, value in configuration.bound["VAE"].items() if "width" in key}
        negatives = configuration.bound["CMC"].get("nce_k", 4096)
        works = [default, exact, make_limit(step, exact), make_limit_with_loss(step, exact)]
        own = name.rpartition("/")[2]
        if own in plain.LOOPS:
            backbone = configuration.make_backbone()
            sizes |= {"images": bank, "nce_k": negatives, "head": HEAD}
            works.append(plain.make_step(own, backbone, batch, pixels, 8 * batch, **sizes))
        seconds: list[list[float]] = [[] for _ in works]
        for _ in range(WARM + (TIMED_SMALL if more else TIMED)):
            for work, taken in zip(works, seconds, strict=True):
                started = time.process_time()
                work()
                taken.append(time.process_time() - started)
    return [[batch / each for each in taken[WARM:]] for taken in seconds]


def show(rates: list[float]) -> str:
    """Show a median and its range."""
    digits = 0 if max(rates) >= 100 else 1
    middle, low, high = (
        f"{value:.{digits}f}" for value in (statistics.median(rates), min(rates), max(rates))
    )
    return f"{middle} ({low} to {high})"


def is_chosen(word: str, name: str, more: tuple[str, ...]) -> bool:
    """Tell whether a word chooses a kind: by the begin of its name, or by what it has beside."""
    return word in more or word == " ".join((name, *more)) or (not more and name.startswith(word))


def main(chosen: list[str]) -> None:
    """Print a row for each kind whose name begins with one that is chosen."""
    torch.set_num_threads(1)
    print(f"{name_device(CPU)}, one thread, PyTorch {torch.__version__}; ", end="")
    print(f"as it comes: {choose_precision(CPU, 'auto')}\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for name, more, batch, pixels, bank in KINDS:
        title = " ".join((name, *more))
        if chosen and not any(is_chosen(each, name, more) for each in chosen):
            continue
        torch.manual_seed(0)
        rates = measure(name, more, batch, pixels, bank)
        default, exact, limit, with_loss, *loop = map(statistics.median, rates)
        ratios = [exact / limit, exact / with_loss]
        shown = [*map(show, rates), *([] if loop else [""])]
        shown += [f"{ratio:.2f}" for ratio in ratios]
        shown += [f"{each / loop[0]:.2f}" if loop else "" for each in (exact, default)]
        cells = [title, batch, pixels, *shown]
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
