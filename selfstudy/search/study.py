"""A study that any number of processes share, through a journal in its folder."""

import os
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from selfstudy.errors import ConfigurationError, DataError, join_lines
from selfstudy.locks import Lock
from selfstudy.search.space import SPACE, find_rounds
from selfstudy.training.recipe import Recipe

JOURNAL = "journal.log"
LOCK = ".lock"  # of who draws a trial, or writes results
CLAIM = ".claim"  # of who runs a trial
STUDY = "search"  # the only one of its journal; its folder has the name
DIVERGED = "diverged"  # a trial's attribute: where and how
optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class SearchSettings:
    """How a search goes.

    Args:
        sampler: "tpe" (tree-structured Parzen estimator) or "cmaes".
        seed: of the sampler, and of every trial's run.
        rounds: of a trial that is not pruned; None: as many as its recipe has.
        grace: rounds that every trial has before it may be pruned; None: a fifth of those.

    Raises:
        ConfigurationError: unless 1 ≤ grace ≤ rounds.
    """

    sampler: str
    seed: int
    rounds: int | None
    grace: int | None

    def complete(self, recipe: Recipe) -> "SearchSettings":
        """Give the settings with what is None of them filled in."""
        rounds = self.rounds or find_rounds(recipe)
        return replace(self, rounds=rounds, grace=self.grace or max(1, rounds // 5))

    def __post_init__(self) -> None:
        if None not in (self.rounds, self.grace) and not 1 <= self.grace <= self.rounds:
            raise ConfigurationError(
                f"grace: {self.grace} rounds: expected 1 to {self.rounds}, the rounds of a trial"
            )


class SharedStudy:
    """The trials of a search.

    Args:
        folder: of the search.
        settings: how it goes.
        stamp: what else it depends on, by name, as fingerprints.

    Raises:
        ConfigurationError: the search in `folder` was begun with other settings or another stamp.
        DataError: its journal is damaged, or cannot be opened or written.
    """

    def __init__(self, folder: Path, settings: SearchSettings, stamp: Mapping[str, str]) -> None:
        self.folder, self.settings = folder, settings
        self._lock = Lock(folder / LOCK)
        space = {name: str(distribution) for name, distribution in SPACE.items()}
        stamp = {**stamp, **asdict(settings), "space": space}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{folder}: cannot be written: {error.strerror}") from error
        with self._lock:
            self.study = optuna.create_study(
                storage=open_journal(folder),
                study_name=STUDY,
                direction="maximize",
                pruner=optuna.pruners.HyperbandPruner(settings.grace, settings.rounds),
                load_if_exists=True,
            )
            begun = self.study.user_attrs.get("stamp")
            if begun is None:
                self.study.set_user_attr("stamp", begun := stamp)
        if changed := [part for part, value in stamp.items() if begun.get(part) != value]:
            raise ConfigurationError(
                f"{folder}: this search was begun with another {' and another '.join(changed)}: "
                f"give a new one another name, or remove this folder"
            )

    def locate_trial(self, number: int) -> Path:
        """Give the folder of a trial's run."""
        return self.folder / "trials" / str(number)

    def claim(self, trials: int) -> tuple[Trial, AbstractContextManager] | None:
        """Claim a trial for this process alone.

        Args:
            trials: how many may be begun in all, by all processes.

        Returns:
            A trial whose process has died, or else a new one, and its hold, a context: the trial is
            this process's own until that ends, or the process does. Nothing when `trials` have been
            begun.
        """
        with self._lock:
            begun = self.study.get_trials(deepcopy=False)
            for trial in begun:
                if trial.state == TrialState.RUNNING and (hold := self._take(trial.number)):
                    return Trial(self.study, trial._trial_id), hold
            if len(begun) < trials:
                self.study.sampler = make_sampler(self.settings, len(begun))
                trial = self.study.ask(SPACE)
                return trial, self._take(trial.number)
        return None

    def _take(self, number: int) -> AbstractContextManager | None:
        """Take a trial, and give what lets go of it; None where another process has it."""
        folder = self.locate_trial(number)
        folder.mkdir(parents=True, exist_ok=True)
        lock, hold = Lock(folder / CLAIM), ExitStack()
        if not lock.take():
            return None
        hold.callback(lock.release)
        return hold


def make_sampler(settings: SearchSettings, number: int) -> BaseSampler:
    """Make the sampler of trial `number`.

    Each has a seed of its own: processes that share a study draw differently, and one that goes on
    with a study draws as if it had never stopped.
    """
    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    if settings.sampler == "tpe":
        return TPESampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        # As Optuna advises where Hyperband prunes, which leaves few trials.
        return CmaEsSampler(seed=seed, consider_pruned_trials=True, warn_independent_sampling=False)


def open_journal(folder: Path) -> JournalStorage:
    """Open the journal of a search.

    Raises:
        DataError: it is damaged, or cannot be opened.
    """
    path, lock = folder / JOURNAL, Lock(folder / ".journal.lock")
    try:
        with lock:
            drop_torn_record(path)
        return JournalStorage(JournalFileBackend(str(path), lock))
    except OSError as error:
        raise DataError(f"{path}: cannot be opened: {error.strerror or error}") from error
    except Exception as error:  # what a damaged file ends in is of many kinds
        reason = join_lines(error)
        raise DataError(f"{path}: damaged, or not a journal of Optuna: {reason}") from error


def drop_torn_record(path: Path) -> None:
    """Drop the last record if a crash or a full disk cut it short: nobody has read it yet.

    The next one would be written behind it, into the same line.
    """
    if not path.is_file():
        return
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
