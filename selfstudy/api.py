"""Pretraining, finetuning and the comparison of starts, in Python."""

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, takewhile
from pathlib import Path

import numpy as np
import pandas as pd

from selfstudy.data.dataset import BaseDataset
from selfstudy.data.names import BALANCED
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import Method
from selfstudy.provenance import fingerprint, fingerprint_package, hash_array
from selfstudy.snapshots import SNAPSHOT
from selfstudy.starts.base import Snapshot, Start
from selfstudy.tasks.base import Task, find_task
from selfstudy.training.learners import (
    Finetuning,
    Learner,
    Pretraining,
    make_finetuning,
    make_probes,
)
from selfstudy.training.recipe import Recipe
from selfstudy.training.run import Run
from selfstudy.training.seeds import METRICS, train_once, train_seeds


def pretrain(
    method: Method,
    dataset: BaseDataset,
    folder: str | Path,
    recipe: Recipe | None = None,
    probes: Mapping[str, Task] | None = None,
    seed: int = 0,
    images: int | None = None,
) -> Snapshot:
    """Pretrain a method's backbone on a dataset's images that train, without their labels.

    Results go to `folder`: `snapshot.pt`, `history.csv`, `metrics.csv`, `config.gin`. A run that
    was stopped goes on from its last checkpoint, and one that is done is not repeated while nothing
    of it changes, the method's weights as they start among it.

    Args:
        method: with its backbone, and its weights as they start.
        dataset: a prepared file.
        folder: of the results.
        recipe: how it trains; None: as `Recipe()` says.
        probes: tasks that watch the features, by any name; None: those that the dataset has labels
            for.
        seed: of the order and the augmentation, and of which images pretrain.
        images: how many of them pretrain; None: all, those without labels among them.

    Returns:
        The start that the snapshot is.

    Raises:
        DivergenceError: the numbers are no longer finite.
        ConfigurationError: the parts do not fit together.
        DataError: something cannot be read or written.
    """
    if probes is None:
        probes = make_probes(dataset, method.backbone.out_feats)
    kind = type(method)
    learner = Pretraining(method, probes, dataset.unlabelled > 0)
    begun = fingerprint(map(hash_array, _list_arrays(learner)))
    run = Run(
        dataset,
        lambda: learner,
        recipe or Recipe(),
        start=f"weights {begun}",
        settings={"session.method": _name(kind), "session.backbone": method.backbone.name},
        images=images,
    )
    folder, code = Path(folder), _fingerprint_code(kind)
    depends_on = fingerprint([*run.stamp(learner, code).values(), str(seed)])
    train_once(run, folder, seed, code, depends_on, keep_snapshot=True)
    return Snapshot(folder / SNAPSHOT)


def finetune(
    task: str | type[Task],
    start: Start | Sequence[Start],
    dataset: BaseDataset,
    folder: str | Path,
    labels: int | None = None,
    recipe: Recipe | None = None,
    seeds: Sequence[int] = (0,),
    subset: str = BALANCED,
) -> pd.DataFrame:
    """Finetune from a start on so many labels, once per seed.

    A seed's run lies in `folder/seed{n}`, and is not repeated while nothing of it changes.

    Args:
        task: what to learn: a task's name or its class.
        start: where the weights come from; of several, such as a method's networks that were
            pretrained with different seeds, seeds take theirs in turn.
        dataset: a prepared file.
        folder: of the results.
        labels: number of training images that have labels, drawn by the seed; None: all.
        recipe: how it trains; None: as `Recipe()` says.
        seeds: of all that is random.
        subset: how the images that have labels are chosen: "balanced" over classes, or "random".

    Returns:
        One row per seed: `accuracy` (from 0 to 1, of the last round, on validation images),
        `pretrain_seed` (the place of its start among several, from 0), and the rest of
        `metrics.csv`.

    Raises:
        DivergenceError: the numbers are no longer finite.
        ConfigurationError: the parts do not fit together, or there are fewer images than labels,
            or fewer seeds than starts.
        DataError: the dataset has not what is to be learned, or something cannot be read.
    """
    kind = find_task(task) if isinstance(task, str) else task
    starts = {None: start} if isinstance(start, Start) else dict(enumerate(start))
    if not 0 < len(starts) <= len(seeds):
        raise ConfigurationError(
            f"{len(starts)} starts, and {len(seeds)} seeds that take them in turn: expected one "
            f"start at least, and no more than seeds"
        )
    runs = {
        network: Run(
            dataset,
            partial(_begin, kind, each, dataset),
            recipe or Recipe(),
            labels,
            each.describe(),
            settings={"session.task": _name(kind)},
            subset=subset,
            pretrained_on=each.count_images(),
        )
        for network, each in starts.items()
    }
    networks = dict(zip(seeds, cycle(runs), strict=False))
    train_seeds(runs, folder, networks, _fingerprint_code(kind))
    return pd.read_csv(Path(folder, METRICS), dtype={"pretrain_seed": "Int64"})


def compare(
    starts: Mapping[str, Start | Sequence[Start]],
    task: str | type[Task],
    dataset: BaseDataset,
    folder: str | Path,
    labels: Sequence[int],
    recipe: Recipe | None = None,
    seeds: Sequence[int] = (0,),
    subset: str = BALANCED,
) -> pd.DataFrame:
    """Finetune from each start on each number of labels, on the same images by the same recipe.

    Args:
        starts: by name, as in `finetune`; `measure_utility` compares all others with "scratch".
        task: as in `finetune`.
        dataset: a prepared file.
        folder: of the results; each run's is `{start}/n{labels}` in it.
        labels: budgets.
        recipe: as in `finetune`.
        seeds: as in `finetune`.
        subset: as in `finetune`.

    Returns:
        One row per run, as `measure_utility` takes them: `dataset`, `backbone`, `task`, `pretext`
        (the start's name), `labels`, `seed`, `accuracy` and more.

    Raises:
        SelfstudyError: as in `finetune`.
    """
    name = task if isinstance(task, str) else _name(task)
    place = {"dataset": dataset.path.stem, "backbone": "", "task": name}
    tables = [
        finetune(
            task, start, dataset, Path(folder, pretext, f"n{budget}"), budget, recipe, seeds, subset
        ).assign(**place, pretext=pretext, labels=budget)
        for pretext, start in starts.items()
        for budget in labels
    ]
    return pd.concat(tables, ignore_index=True)


def _list_arrays(learner: Learner) -> list[np.ndarray]:
    return [value.detach().cpu().numpy() for value in learner.state_dict().values()]


def _name(kind: type) -> str:
    """A method's or a task's name: its module's in this package, else its own."""
    package, _, module = kind.__module__.rpartition(".")
    return module if package.startswith("selfstudy.") else kind.__name__.lower()


def _fingerprint_code(kind: type) -> str:
    """Hash the package's source, and a method's or a task's of one's own."""
    own = takewhile(lambda each: not each.__module__.startswith("selfstudy."), kind.__mro__)
    return fingerprint([fingerprint_package(), *map(_read_source, own)])


def _read_source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # typed where nothing remembers it
        return kind.__qualname__


def _begin(task: type[Task], start: Start, dataset: BaseDataset) -> Finetuning:
    """A run's weights as they start; drawn after its seed is set."""
    return make_finetuning(start.make_backbone(), task, dataset)
