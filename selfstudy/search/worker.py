"""A process that runs trials of a search, alone or beside others."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from optuna.trial import Trial, TrialState

from selfstudy.errors import DivergenceError
from selfstudy.search.space import SPACE, find_warm_up, place_recipe
from selfstudy.search.study import DIVERGED, SearchSettings, SharedStudy
from selfstudy.training.checkpoint import CHECKPOINT, PREVIOUS
from selfstudy.training.device import find_device
from selfstudy.training.history import TIMES
from selfstudy.training.run import Run, train

log = logging.getLogger("selfstudy")


def search(folder: str | Path, run: Run, settings: SearchSettings, trials: int, code: str) -> None:
    """Run trials until so many have been begun, those left by processes that died among them.

    A trial is a run in `folder/trials/{number}`, judged after each round by its accuracy on
    validation images. In pretraining that is the first probe's: not every method has a loss on
    images that it is not trained on, and losses of different methods cannot be compared.

    Args:
        folder: of the search, which any number of processes may share.
        run: what is trained, at any point of the space.
        settings: how the search goes.
        trials: in all.
        code: a fingerprint of the source.

    Raises:
        InterruptionError: it was asked to stop; the trial goes on where it was when a process next
            joins the search.
        ConfigurationError: the search was begun with another configuration.
        DataError: its journal is damaged.
        SelfstudyError: as `selfstudy.training.run.train`.
    """
    settings = settings.complete(run.recipe)
    warm_up = find_warm_up(run.recipe, settings.rounds)
    if run.recipe.session.valid_iters == 0:
        session = replace(run.recipe.session, valid_iters=-1)
        run = replace(run, recipe=replace(run.recipe, session=session))

    def place(point: Mapping[str, float]) -> Run:
        return replace(run, recipe=place_recipe(run.recipe, point, warm_up, settings.rounds))

    lowest = place({name: distribution.low for name, distribution in SPACE.items()})
    # What does not fit together ends before the study begins.
    learner = lowest.make_step(find_device()).learner
    shared = SharedStudy(Path(folder), settings, lowest.stamp(learner, code=""))
    while claim := shared.claim(trials):
        trial, hold = claim
        with hold:
            train_trial(shared, trial, place(draw_point(trial)), code)


def draw_point(trial: Trial) -> dict[str, float]:
    """Draw a trial's point: a value for each name of `SPACE`.

    It is drawn to its end if a process died over that.
    """
    return {
        name: float(trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log))
        for name, bounds in SPACE.items()
    }


def train_trial(shared: SharedStudy, trial: Trial, run: Run, code: str) -> None:
    """Train a trial, and tell the study what came of it.

    One whose numbers are no longer finite counts as pruned, so that the sampler learns from it.

    Args:
        shared: the search.
        trial: that this process has claimed.
        run: at the trial's point.
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
        metrics = train(run, folder, settings.seed, code, stop=stop).metrics
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
