"""A process that runs trials of a search, alone or beside others."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from optuna.trial import Trial, TrialState

from selfstudy.configuration import configured
from selfstudy.data.dataset import BaseDataset
from selfstudy.errors import DivergenceError
from selfstudy.search.space import SPACE, bind_point, configured_warm_up
from selfstudy.search.study import DIVERGED, SearchSettings, SharedStudy
from selfstudy.training.checkpoint import CHECKPOINT, PREVIOUS
from selfstudy.training.history import TIMES
from selfstudy.training.run import run, stamp
from selfstudy.training.session import Settings, make_step, open_dataset

log = logging.getLogger("selfstudy")


def search(
    folder: str | Path,
    files: Sequence[str],
    bindings: Sequence[str],
    data: str | Path,
    settings: SearchSettings,
    trials: int,
    code: str,
) -> None:
    """Run trials until so many have been begun, those left by processes that died among them.

    A trial is a run in `folder/trials/{number}`, judged after each round by its accuracy on
    validation images. In pretraining that is the linear readout's: not every method has a loss on
    images that it is not trained on, and losses of different methods cannot be compared.

    Args:
        folder: of the search, which any number of processes may share.
        files, bindings: the configuration, but for what is searched.
        data: a prepared file, or the folder of all data.
        code: a fingerprint of the source.

    Raises InterruptionError if it was asked to stop; the trial goes on where it was when a process
    next joins the search. Raises ConfigurationError if the search was begun with another
    configuration, DataError if its journal is damaged, and what `training.run.run` raises.
    """
    with configured(files, bindings):
        warm_up = configured_warm_up(settings.rounds)
        if Settings().valid_iters == 0:
            bindings = [*bindings, "session.valid_iters = -1"]
    lowest = {name: distribution.low for name, distribution in SPACE.items()}
    with configured(files, [*bindings, *bind_point(lowest, warm_up, settings.rounds)]):
        dataset = open_dataset(data)
        make_step(dataset, Settings())  # what does not fit together ends before the study begins
        shared = SharedStudy(Path(folder), settings, stamp(dataset, code=""))
    while claim := shared.claim(trials):
        trial, hold = claim
        with hold:
            point = bind_point(draw_point(trial), warm_up, settings.rounds)
            with configured(files, [*bindings, *point]):
                train_trial(shared, trial, open_dataset(data), code)


def draw_point(trial: Trial) -> dict[str, float]:
    """Draw a trial's point: a value for each name of `SPACE`.

    It is drawn to its end if a process died over that.
    """
    return {
        name: float(trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log))
        for name, bounds in SPACE.items()
    }


def train_trial(shared: SharedStudy, trial: Trial, dataset: BaseDataset, code: str) -> None:
    """Train a trial by the present configuration, and tell the study what came of it.

    One whose numbers are no longer finite counts as pruned, so that the sampler learns from it.

    Args:
        shared: the search.
        trial: that this process has claimed.
        dataset: to train on.
        code: a fingerprint of the source.

    Raises:
        InterruptionError: the run was asked to stop; the trial goes on when it is next claimed.
    """
    folder, settings = shared.locate_trial(trial.number), shared.settings
    # A trial that goes on from a checkpoint comes to some rounds for the second time.
    reported = shared.study.get_trials(deepcopy=False)[trial.number].intermediate_values
    pruned = False

    def stop(row: Mapping[str, float]) -> bool:
        nonlocal pruned
        if row["round"] not in reported:
            trial.report(row["valid_accuracy"], row["round"])
        pruned = row["round"] < settings.rounds and trial.should_prune()
        return pruned

    try:
        metrics = run(dataset, folder, settings.seed, code, stop=stop)
    except DivergenceError as error:
        log.warning("%s", error)
        trial.set_user_attr(DIVERGED, str(error))
        pruned = True
        for name in (CHECKPOINT, PREVIOUS):
            (folder / name).unlink(missing_ok=True)
    if pruned:
        (folder / TIMES).unlink(missing_ok=True)  # by which it would pass for a stopped run
        shared.study.tell(trial, state=TrialState.PRUNED)
        log.info("%s: pruned", folder)
    else:
        shared.study.tell(trial, metrics["accuracy"])
